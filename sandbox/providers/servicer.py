"""Serves a provider to Pulumi's engine: the resource provider protocol over a table of types.

The protocol is served directly because the SDK's own Provider class drops old inputs and does not
support initialization errors.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection
from typing import Any, Generic, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.providers import check, killpoint, wire
from sandbox.providers.answers import (
    inputs_read,
    kept_computed,
    property_diff,
    unknown_outputs,
    with_tags,
)
from sandbox.providers.diff import changed_properties, differences
from sandbox.providers.errors import AbortOnError, abort_unfinished, scrubbed, sentence
from sandbox.providers.provider import Provider, decoded
from sandbox.providers.resource_type import NotFound, ResourceType
from sandbox.providers.wire import Properties

Session = TypeVar("Session")


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[Session]):
    """One configured provider; the engine starts a process for each configuration."""

    def __init__(self, provider: Provider[Session]) -> None:
        self.provider = provider
        self._configured: Session | None = None
        self._config: Properties = {}
        self._configuring = threading.Lock()
        self._config_secrets: set[str] = set()

    @property
    def _base_session(self) -> Session:
        """Created on first use: a preview that reads nothing needs no connection."""
        with self._configuring:
            if self._configured is None:
                self._configured = self.provider.configure(self._config)
            return self._configured

    # -- the provider itself ---------------------------------------------------------------

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        changed = request.olds != request.news
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if changed
            else provider_pb2.DiffResponse.DIFF_NONE
        )

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        config, secrets = wire.loads(request.args)
        self._config = decoded(config)
        self._config_secrets = wire.strings_in([config[key] for key in secrets])
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        arguments, secrets = wire.loads(request.args)
        function = self.provider.functions.get(request.tok)
        if function is None:
            raise context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the sandbox's {self.provider.name} provider has no function {request.tok}",
            )
        with self._errors(context, f"calling {request.tok}", arguments, secrets):
            answer = function(self._session(arguments), arguments)
        return provider_pb2.InvokeResponse(**{"return": wire.dumps(answer)})

    # -- resources -------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, name = self._resource_type(request, context)
        inputs, secrets = wire.loads(request.news)
        with self._errors(context, f"checking {resource_type.token} {name}", inputs, secrets):
            inputs = self.provider.default_inputs(self._base_session, resource_type, inputs)
        old, _ = wire.loads(request.olds)
        inputs = check.completed(resource_type, inputs, old, name, request.randomSeed)
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in check.faults(resource_type, inputs)
        ]
        return provider_pb2.CheckResponse(
            inputs=wire.dumps(inputs, secrets | resource_type.secrets), failures=failures
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, _ = self._resource_type(request, context)
        state, _ = wire.loads(request.olds)
        inputs, _ = wire.loads(request.news)
        found = differences(resource_type, state, inputs)
        replaces = sorted({item.path for item in found if item.replaces})
        keeps_name = (
            resource_type.named_by is not None
            and check.GENERATED not in inputs
            and inputs.get(resource_type.named_by) == state.get(resource_type.named_by)
        )
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if found
            else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and (resource_type.deletes_first or keeps_name),
            diffs=sorted(changed_properties(found)),
            detailedDiff={item.path: property_diff(item) for item in found},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, name = self._resource_type(request, context)
        inputs, secrets = wire.loads(request.properties)
        secrets |= resource_type.secrets
        if request.preview:
            outputs = {**unknown_outputs(resource_type, inputs), **inputs}
            return provider_pb2.CreateResponse(properties=wire.dumps(outputs, secrets))
        with self._errors(context, f"creating {resource_type.token} {name}", inputs, secrets):
            created = resource_type.create(self._session(inputs), inputs)
        killpoint.reached("create", resource_type.token, name)
        outputs = {**inputs, **created.outputs}
        outputs = self._ready_outputs(context, resource_type, created.id, outputs, inputs, secrets)
        return provider_pb2.CreateResponse(id=created.id, properties=wire.dumps(outputs, secrets))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, name = self._resource_type(request, context)
        state, secrets = wire.loads(request.properties)
        inputs, input_secrets = wire.loads(request.inputs)
        secrets |= input_secrets | resource_type.secrets
        with self._errors(context, f"reading {resource_type.token} {name}", state, secrets):
            session = self._session(state)
            ledger = self.provider.ledger(session)
            entry = ledger.get(resource_type.token, request.id) or {}
            live = resource_type.read(session, request.id, {**state, **entry})
            if live is None:
                ledger.delete(resource_type.token, request.id)
                return provider_pb2.ReadResponse()
        resource_id = live.pop("id", request.id)
        outputs = with_tags(resource_type, {**state, **entry, **live})
        return provider_pb2.ReadResponse(
            id=resource_id,
            properties=wire.dumps(outputs, secrets),
            inputs=wire.dumps(inputs_read(resource_type, inputs, outputs), secrets),
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, name = self._resource_type(request, context)
        state, old_secrets = wire.loads(request.olds)
        inputs, secrets = wire.loads(request.news)
        secrets |= resource_type.secrets
        changed = changed_properties(differences(resource_type, state, inputs))
        if request.preview:
            # an output under an input's name (a port) keeps its value unless the input changes
            known = {key: inputs[key] for key in inputs if key in changed or key not in state}
            return provider_pb2.UpdateResponse(
                properties=wire.dumps({**state, **known}, secrets | old_secrets)
            )
        with self._errors(context, f"updating {resource_type.token} {name}", inputs, secrets):
            if changed:
                resource_type.update(self._session(state), request.id, state, inputs, changed)
        killpoint.reached("update", resource_type.token, name)
        kept = {key: value for key, value in state.items() if key not in resource_type.inputs}
        outputs = {**kept, **kept_computed(resource_type, state), **inputs}
        outputs = self._ready_outputs(context, resource_type, request.id, outputs, inputs, secrets)
        return provider_pb2.UpdateResponse(properties=wire.dumps(outputs, secrets))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        resource_type, name = self._resource_type(request, context)
        state, secrets = wire.loads(request.properties)
        secrets |= resource_type.secrets
        with self._errors(context, f"deleting {resource_type.token} {name}", state, secrets):
            session = self._session(state)
            with contextlib.suppress(NotFound):
                resource_type.delete(session, request.id, state)
            self.provider.ledger(session).delete(resource_type.token, request.id)
        killpoint.reached("delete", resource_type.token, name)
        return empty_pb2.Empty()

    def _session(self, properties: Properties) -> Session:
        return self.provider.scope(self._base_session, properties)

    # -- helpers ---------------------------------------------------------------------------

    def _resource_type(
        self, request: Any, context: grpc.ServicerContext
    ) -> tuple[ResourceType[Session], str]:
        parts = request.urn.split("::")
        token, name = parts[2].rpartition("$")[2], "::".join(parts[3:])
        resource_type = self.provider.resource_types.get(token)
        if resource_type is None:
            raise context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the sandbox's {self.provider.name} provider does not know the type {token}: "
                "add it to its table before the program uses it",
            )
        return resource_type, name

    def _ready_outputs(
        self,
        context: grpc.ServicerContext,
        resource_type: ResourceType[Session],
        resource_id: str,
        outputs: Properties,
        inputs: Properties,
        secrets: set[str],
    ) -> Properties:
        """The outputs of a resource once it is ready, else its initialization error.

        Whatever fails from here on must carry the id: the engine then keeps the resource, marks it
        as unfinished and updates it in the next run.
        """
        session = self._session(outputs)
        ledger = self.provider.ledger(session)
        try:
            ledger.put(resource_type.token, resource_id, outputs, secrets)
            resource_type.wait_until_ready(session, resource_id, inputs)
            live = resource_type.read(session, resource_id, outputs)
            if live is None:
                raise NotFound("it was not found right after the call that created it")
            live.pop("id", None)
            outputs = with_tags(resource_type, {**outputs, **live})
            ledger.put(resource_type.token, resource_id, outputs, secrets)
        except Exception as error:  # noqa: BLE001 - every failure has to carry the id
            reason = scrubbed(sentence(error), outputs, secrets, self._config_secrets)
            abort_unfinished(context, resource_id, wire.dumps(outputs, secrets), reason)
        return outputs

    def _errors(
        self,
        context: grpc.ServicerContext,
        doing: str,
        properties: Properties,
        secrets: Collection[str],
    ) -> AbortOnError:
        def abort(error: Exception) -> NoReturn:
            message = scrubbed(sentence(error), properties, secrets, self._config_secrets)
            raise context.abort(grpc.StatusCode.UNKNOWN, f"{doing}: {message}")

        return AbortOnError(abort)
