"""Completes moto's RDS event subscriptions (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse
from moto.sns.models import sns_backends

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_MODIFIABLE = {
    "SnsTopicArn": "sns_topic_arn",
    "SourceType": "source_type",
    "EventCategories": "event_categories",
    "Enabled": "enabled",
}


class TopicNotFound(RDSClientError):  # type: ignore[misc]
    """SNSTopicArnNotFound."""

    def __init__(self, arn: str) -> None:
        super().__init__("SNSTopicArnNotFound", f"The SNS topic {arn} does not exist.")


def patch(_plane: DataPlane) -> None:
    RDSResponse.modify_event_subscription = _modify
    RDSResponse.add_source_identifier_to_subscription = _add_source
    RDSResponse.remove_source_identifier_from_subscription = _remove_source

    # moto accepts topics that don't exist.
    @wrap_method(RDSBackend, "create_event_subscription")
    def create(original: Method, backend: Any, kwargs: Any) -> Any:
        _require_topic(backend, kwargs["sns_topic_arn"])
        return original(backend, kwargs)


def _require_topic(backend: Any, arn: str) -> None:
    if arn not in sns_backends[backend.account_id][backend.region_name].topics:
        raise TopicNotFound(arn)


def _subscription(response: Any) -> Any:
    (found,) = response.backend.describe_event_subscriptions(response.params["SubscriptionName"])
    return found


def _answer(subscription: Any) -> Any:
    return ActionResult({"EventSubscription": subscription})


def _modify(response: Any) -> Any:
    subscription = _subscription(response)
    if "SnsTopicArn" in response.params:
        _require_topic(response.backend, response.params["SnsTopicArn"])
    for name, attribute in _MODIFIABLE.items():
        if name in response.params:
            setattr(subscription, attribute, response.params[name])
    return _answer(subscription)


def _add_source(response: Any) -> Any:
    subscription = _subscription(response)
    source = response.params["SourceIdentifier"]
    subscription.source_ids = [*subscription.source_ids, source]
    return _answer(subscription)


def _remove_source(response: Any) -> Any:
    subscription = _subscription(response)
    source = response.params["SourceIdentifier"]
    subscription.source_ids = [known for known in subscription.source_ids if known != source]
    return _answer(subscription)
