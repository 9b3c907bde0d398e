"""Serves a provider to Pulumi's engine: the resource provider protocol over a table of kinds.

The protocol is served directly because the SDK's own Provider class drops old inputs and knows no
initialization errors.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection
from typing import Any, Generic, NoReturn, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.providers import check, killpoint, wire
from sandbox.providers.diff import Difference, changed_properties, differences
from sandbox.providers.provider import Provider, decoded
from sandbox.providers.resource_type import Gone, Kind, empty
from sandbox.providers.wire import UNKNOWN, Properties

Session = TypeVar("Session")

_KINDS_OF_CHANGE = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer, Generic[Session]):
    """One configured provider; the engine starts a process for each."""

    def __init__(self, provider: Provider[Session]) -> None:
        self.provider = provider
        self._configured: Session | None = None
        self._config: Properties = {}
        self._configuring = threading.Lock()
        self._config_secrets: set[str] = set()

    @property
    def _base_session(self) -> Session:
        """Made at first use: a preview that reads nothing needs no connection."""
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
                f"the sandbox's {self.provider.name} plugin has no function {request.tok}",
            )
        with self._errors(context, f"calling {request.tok}", arguments, secrets):
            answer = function(self._session(arguments), arguments)
        return provider_pb2.InvokeResponse(**{"return": wire.dumps(answer)})

    # -- resources -------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, name = self._kind(request, context)
        inputs, secrets = wire.loads(request.news)
        with self._errors(context, f"checking {kind.token} {name}", inputs, secrets):
            inputs = self.provider.default_inputs(self._base_session, kind, inputs)
        old, _ = wire.loads(request.olds)
        inputs = check.completed(kind, inputs, old, name, request.randomSeed)
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in check.faults(kind, inputs)
        ]
        return provider_pb2.CheckResponse(
            inputs=wire.dumps(inputs, secrets | kind.secrets), failures=failures
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, _ = self._kind(request, context)
        state, _ = wire.loads(request.olds)
        inputs, _ = wire.loads(request.news)
        found = differences(kind, state, inputs)
        replaces = sorted({item.path for item in found if item.replaces})
        keeps_name = (
            kind.named_by is not None
            and check.GENERATED not in inputs
            and inputs.get(kind.named_by) == state.get(kind.named_by)
        )
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if found
            else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and (kind.deletes_first or keeps_name),
            diffs=sorted(changed_properties(found)),
            detailedDiff={item.path: _property_diff(item) for item in found},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, name = self._kind(request, context)
        inputs, secrets = wire.loads(request.properties)
        secrets |= kind.secrets
        if request.preview:
            outputs = {**_unknown_outputs(kind, inputs), **inputs}
            return provider_pb2.CreateResponse(properties=wire.dumps(outputs, secrets))
        with self._errors(context, f"creating {kind.token} {name}", inputs, secrets):
            created = kind.create(self._session(inputs), inputs)
        killpoint.reached("create", kind.token, name)
        outputs = {**inputs, **created.outputs}
        outputs = self._settled(context, kind, created.id, outputs, inputs, secrets)
        return provider_pb2.CreateResponse(id=created.id, properties=wire.dumps(outputs, secrets))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, name = self._kind(request, context)
        state, secrets = wire.loads(request.properties)
        inputs, input_secrets = wire.loads(request.inputs)
        secrets |= input_secrets | kind.secrets
        with self._errors(context, f"reading {kind.token} {name}", state, secrets):
            session = self._session(state)
            ledger = self.provider.ledger(session)
            entry = ledger.get(kind.token, request.id) or {}
            live = kind.read(session, request.id, {**state, **entry})
            if live is None:
                ledger.delete(kind.token, request.id)
                return provider_pb2.ReadResponse()
        resource_id = live.pop("id", request.id)
        outputs = _with_tags(kind, {**state, **entry, **live})
        return provider_pb2.ReadResponse(
            id=resource_id,
            properties=wire.dumps(outputs, secrets),
            inputs=wire.dumps(_inputs_read(kind, inputs, outputs), secrets),
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, name = self._kind(request, context)
        state, old_secrets = wire.loads(request.olds)
        inputs, secrets = wire.loads(request.news)
        secrets |= kind.secrets
        changed = changed_properties(differences(kind, state, inputs))
        if request.preview:
            # an output under an input's name (a port) keeps its value unless the input changes
            known = {key: inputs[key] for key in inputs if key in changed or key not in state}
            return provider_pb2.UpdateResponse(
                properties=wire.dumps({**state, **known}, secrets | old_secrets)
            )
        with self._errors(context, f"updating {kind.token} {name}", inputs, secrets):
            if changed:
                kind.update(self._session(state), request.id, state, inputs, changed)
        killpoint.reached("update", kind.token, name)
        kept = {key: value for key, value in state.items() if key not in kind.inputs}
        outputs = {**kept, **_computed_kept(kind, state), **inputs}
        outputs = self._settled(context, kind, request.id, outputs, inputs, secrets)
        return provider_pb2.UpdateResponse(properties=wire.dumps(outputs, secrets))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, name = self._kind(request, context)
        state, secrets = wire.loads(request.properties)
        secrets |= kind.secrets
        with self._errors(context, f"deleting {kind.token} {name}", state, secrets):
            session = self._session(state)
            with contextlib.suppress(Gone):
                kind.delete(session, request.id, state)
            self.provider.ledger(session).delete(kind.token, request.id)
        killpoint.reached("delete", kind.token, name)
        return empty_pb2.Empty()

    def _session(self, properties: Properties) -> Session:
        return self.provider.scope(self._base_session, properties)

    # -- helpers ---------------------------------------------------------------------------

    def _kind(self, request: Any, context: grpc.ServicerContext) -> tuple[Kind[Session], str]:
        parts = request.urn.split("::")
        token, name = parts[2].rpartition("$")[2], "::".join(parts[3:])
        kind = self.provider.kinds.get(token)
        if kind is None:
            raise context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the sandbox's {self.provider.name} plugin does not know the type {token}: "
                "add it to its table before the program uses it",
            )
        return kind, name

    def _settled(
        self,
        context: grpc.ServicerContext,
        kind: Kind[Session],
        resource_id: str,
        outputs: Properties,
        inputs: Properties,
        secrets: set[str],
    ) -> Properties:
        """The outputs of a resource that exists, once it is ready; else its initialization error.

        Whatever fails from here on must not lose the id: the engine then keeps the resource, marks
        it as unfinished and updates it in the next run.
        """
        session = self._session(outputs)
        ledger = self.provider.ledger(session)
        try:
            ledger.put(kind.token, resource_id, outputs, secrets)
            kind.settle(session, resource_id, inputs)
            live = kind.read(session, resource_id, outputs)
            if live is None:
                raise Gone("it was not found right after the call that made it")
            live.pop("id", None)
            outputs = _with_tags(kind, {**outputs, **live})
            ledger.put(kind.token, resource_id, outputs, secrets)
        except Exception as error:  # noqa: BLE001 - every failure has to carry the id
            reason = _scrubbed(_sentence(error), outputs, secrets, self._config_secrets)
            _abort_unfinished(context, resource_id, wire.dumps(outputs, secrets), reason)
        return outputs

    def _errors(
        self,
        context: grpc.ServicerContext,
        doing: str,
        properties: Properties,
        secrets: Collection[str],
    ) -> _Errors:
        def abort(error: Exception) -> NoReturn:
            message = _scrubbed(_sentence(error), properties, secrets, self._config_secrets)
            raise context.abort(grpc.StatusCode.UNKNOWN, f"{doing}: {message}")

        return _Errors(abort)


class _Errors:
    """Turns an exception into the engine's error, with every secret value struck out."""

    def __init__(self, abort: Callable[[Exception], NoReturn]) -> None:
        self._abort = abort

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception):
            self._abort(error)


def _sentence(error: Exception) -> str:
    if isinstance(error, Gone):
        return f"{error or 'it does not exist any more'}: a refresh takes it out of the state"
    return str(error).strip() or type(error).__name__


def _scrubbed(
    message: str, properties: Properties, secrets: Collection[str], more: Collection[str]
) -> str:
    values = wire.strings_in([properties[key] for key in secrets if key in properties])
    for value in sorted(values | set(more), key=len, reverse=True):
        if len(value) >= 4:
            message = message.replace(value, "[secret]")
    return message


def _abort_unfinished(
    context: grpc.ServicerContext, resource_id: str, properties: struct_pb2.Struct, reason: str
) -> NoReturn:
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=resource_id, properties=properties, reasons=[reason]
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail]
    )
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    raise context.abort(grpc.StatusCode.UNKNOWN, reason)


def _property_diff(item: Difference) -> provider_pb2.PropertyDiff:
    return provider_pb2.PropertyDiff(
        kind=_KINDS_OF_CHANGE[item.change, item.replaces], inputDiff=False
    )


def _unknown_outputs(kind: Kind[Any], inputs: Properties) -> Properties:
    return {
        name: UNKNOWN
        for name, prop in kind.properties.items()
        if prop.output or (prop.computed and name not in inputs)
    }


def _computed_kept(kind: Kind[Any], state: Properties) -> Properties:
    return {
        name: state[name]
        for name, prop in kind.properties.items()
        if prop.computed and name in state
    }


def _inputs_read(kind: Kind[Any], inputs: Properties, outputs: Properties) -> Properties:
    """The inputs as the cloud has them: what was given, and what differs from leaving it out."""
    return {
        name: kind.actual(name, outputs)
        for name, prop in kind.properties.items()
        if not prop.output
        and name in outputs
        and (name in inputs or not (prop.computed or empty(outputs[name])))
    }


def _with_tags(kind: Kind[Any], outputs: Properties) -> Properties:
    return {**outputs, "tagsAll": outputs.get("tags", {})} if "tags" in kind.inputs else outputs
