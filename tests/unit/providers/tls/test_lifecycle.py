"""Refresh, renewal, replacement and refusals of the tls provider."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from sandbox.providers.tls.__main__ import PROVIDER
from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.unit.providers.tls.inputs import (
    CA_USES,
    KEY,
    NOW,
    P256,
    REQUEST,
    SELF_SIGNED,
    SIGNED,
    USES,
    authority,
    parsed,
    request,
    signed_inputs,
)


def test_what_was_made_stays_through_refresh_and_shows_no_difference(
    tls: Engine, authority_key: Live
) -> None:
    ca = authority(tls, authority_key)
    leaf = tls.create(SIGNED, signed_inputs(tls, authority_key, ca))
    for live in (authority_key, ca, request(tls), leaf):
        seen = tls.read(live)
        assert seen is not None
        assert (seen.state, seen.secrets) == (live.state, live.secrets)
        assert tls.drift(live) == set()
        tls.delete(live)


def test_a_certificate_near_its_end_is_drift_and_its_replacement_is_asked_for(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    inputs = signed_inputs(tls, authority_key, ca, earlyRenewalHours=30)
    leaf = tls.create(SIGNED, inputs)
    assert leaf.state["readyForRenewal"] is False
    clock[0] = NOW + timedelta(hours=69)
    assert tls.drift(leaf) == set()
    clock[0] = NOW + timedelta(hours=70)
    assert tls.diff(leaf, inputs) == ({"readyForRenewal"}, {"readyForRenewal"})
    assert tls.drift(leaf) == {"readyForRenewal"}
    seen = tls.read(leaf)
    assert seen is not None
    assert seen.state["readyForRenewal"] is True
    renewed = tls.create(SIGNED, inputs)
    assert renewed.state["validityEndTime"] > leaf.state["validityEndTime"]
    assert tls.drift(renewed) == set()


def test_an_expired_certificate_is_due_even_without_early_hours(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    clock[0] = NOW + timedelta(hours=1000, seconds=-1)
    assert tls.drift(ca) == set()
    clock[0] = NOW + timedelta(hours=1000)
    assert tls.drift(ca) == {"readyForRenewal"}


def test_the_early_hours_change_in_place(
    tls: Engine, authority_key: Live, clock: list[datetime]
) -> None:
    ca = authority(tls, authority_key)
    wanted = {**ca.inputs, "earlyRenewalHours": 10}
    assert tls.diff(ca, wanted) == ({"earlyRenewalHours"}, set())
    changed = tls.update(ca, wanted)
    assert changed.state["certPem"] == ca.state["certPem"]
    clock[0] = NOW + timedelta(hours=995)
    assert tls.diff(ca, ca.inputs) == (set(), set())
    assert "readyForRenewal" in tls.diff(changed, wanted)[1]


@pytest.mark.parametrize("token", sorted(PROVIDER.resource_types))
def test_every_other_input_replaces_and_says_why(token: str) -> None:
    resource_type = PROVIDER.resource_types[token]
    in_place = {
        name for name in resource_type.inputs if not resource_type.properties[name].replaces
    }
    of_certificates = {"earlyRenewalHours", "maxPathLength"}
    assert in_place == (of_certificates if token in (SELF_SIGNED, SIGNED) else set())


def test_a_preview_knows_the_inputs_and_none_of_what_will_be_made(tls: Engine) -> None:
    planned = tls.preview_create(SIGNED, {**_unknown_chain(), "allowedUses": USES})
    assert planned["certPem"] is UNKNOWN
    assert planned["validityEndTime"] is UNKNOWN
    assert planned["allowedUses"] == USES


def _unknown_chain() -> Properties:
    unknown = ("certRequestPem", "caCertPem", "caPrivateKeyPem")
    return {**dict.fromkeys(unknown, UNKNOWN), "validityPeriodHours": 10}


def test_the_uses_and_names_stand_in_the_certificate(tls: Engine, authority_key: Live) -> None:
    ca = authority(tls, authority_key, setSubjectKeyId=True)
    leaf = parsed(tls.create(SIGNED, signed_inputs(tls, authority_key, ca)))
    constraints = parsed(ca).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = parsed(ca).extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    assert parsed(ca).subject.rfc4514_string() == "CN=An authority,O=NexusFlow"


@pytest.mark.parametrize(
    ("token", "inputs", "fault"),
    [
        (KEY, {}, ("algorithm", "requires this property")),
        (KEY, {"algorithm": "DSA"}, ("algorithm", "must be one of RSA, ECDSA, ED25519")),
        (KEY, {**P256, "ecdsaCurve": "P-256"}, ("ecdsaCurve", "must be one of P224, P256")),
        (KEY, {**P256, "keepers": {}}, ("keepers", "does not know this property")),
        (
            SIGNED,
            {**_unknown_chain(), "allowedUses": ["server"]},
            ("allowedUses", "server is not one of any_extended"),
        ),
        (
            SIGNED,
            {**_unknown_chain(), "allowedUses": USES, "earlyRenewalHours": -1},
            ("earlyRenewalHours", "must be at least 0"),
        ),
        (
            REQUEST,
            {"privateKeyPem": UNKNOWN, "ipAddresses": ["10.20.0.300"]},
            ("ipAddresses", "10.20.0.300 is no IP address"),
        ),
        (
            SELF_SIGNED,
            {
                "privateKeyPem": UNKNOWN,
                "allowedUses": CA_USES,
                "validityPeriodHours": 1,
                "isCaCertificate": True,
            },
            ("subject", "an authority needs at least one name"),
        ),
    ],
)
def test_what_cannot_be_made_is_refused_before(
    tls: Engine, token: str, inputs: Properties, fault: tuple[str, str]
) -> None:
    _, failures = tls.check(token, inputs)
    assert set(failures) == {fault[0]}
    assert fault[1] in failures[fault[0]]


def test_a_key_that_is_not_the_authoritys_signs_nothing_and_is_not_printed(
    tls: Engine, authority_key: Live
) -> None:
    ca = authority(tls, authority_key)
    other = tls.create(KEY, P256)
    inputs = signed_inputs(tls, other, ca)
    with pytest.raises(ProviderError, match="is not the key of caCertPem") as refused:
        tls.create(SIGNED, inputs)
    assert "PRIVATE KEY" not in str(refused.value)


def test_an_import_is_refused_because_only_the_state_holds_the_value(tls: Engine) -> None:
    with pytest.raises(ProviderError, match="cannot be imported"):
        tls.read(Live(KEY, "0a1b", {}, {}))
