"""Corrects moto's EC2 instances and EBS volumes (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

GP3_LEAST_IOPS, GP3_MOST_IOPS, GP3_IOPS_PER_GIB = 3000, 16000, 500
GP3_LEAST_MIBPS, GP3_MOST_MIBPS, GP3_IOPS_PER_MIBPS = 125, 1000, 4
STOPPED_ONLY = ("InstanceType.Value", "UserData.Value", "EbsOptimized.Value")


def patch(_plane: DataPlane) -> None:
    _patch_instances()
    _patch_attachments()
    _patch_volumes()


def _patch_instances() -> None:
    # moto keeps the network interface and block devices of a terminated instance.
    @wrap_method(Instance, "terminate")
    def terminate(original: Method, instance: Any) -> Any:
        before = original(instance)
        for nic in list(instance.nics.values()):
            instance.ec2_backend.enis.pop(nic.id, None)
        return before

    # moto omits the security groups of the primary interface from descriptions.
    @wrap_method(EC2Backend, "run_instances")
    def run(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        reservation = original(backend, *given, **named)
        for instance in reservation.instances:
            if named.get("nics"):
                instance.security_groups = list(instance.nics[0].group_set)
        return reservation

    # moto changes the type of a running instance.
    @wrap_method(EC2Response, "modify_instance_attribute")
    def modify(original: Method, response: Any) -> Any:
        instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
        requested = [name for name in STOPPED_ONLY if response._get_param(name) is not None]
        if requested and instance._state.name != "stopped":
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in the 'stopped' state.",
            )
        return original(response)

    # moto resets the metadata options that a request omits.
    @wrap_method(EC2Backend, "modify_instance_metadata_options")
    def options(original: Method, backend: Any, instance_id: str, *given: Any, **named: Any) -> Any:
        before = backend.get_instance(instance_id).metadata_options
        changed = original(backend, instance_id, *given, **named)
        for name, value in vars(before).items():
            if getattr(changed, name) is None:
                setattr(changed, name, value)
        if named.get("hop_limit") is None:
            changed.http_put_response_hop_limit = before.http_put_response_hop_limit
        return changed


def _patch_attachments() -> None:
    # moto attaches volumes of other zones, attached volumes, and two volumes as one device.
    @wrap_method(EC2Backend, "attach_volume")
    def attach(
        original: Method, backend: Any, volume_id: str, instance_id: str, device: str, *rest: Any
    ) -> Any:
        volume, instance = backend.get_volume(volume_id), backend.get_instance(instance_id)
        if volume.attachment:
            raise EC2ClientError("VolumeInUse", f"{volume_id} is already attached to an instance")
        zone = instance.placement
        if getattr(volume.zone, "name", volume.zone) != getattr(zone, "zone", zone):
            raise EC2ClientError(
                "InvalidVolume.ZoneMismatch",
                f"The volume '{volume_id}' is not in the same availability zone as instance "
                f"'{instance_id}'",
            )
        if device in instance.block_device_mapping:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Invalid value '{device}' for unixDevice. Attachment point {device} is already "
                "in use",
            )
        return original(backend, volume_id, instance_id, device, *rest)


def _patch_volumes() -> None:
    @wrap_method(EC2Response, "create_volume")
    def create(original: Method, response: Any) -> Any:
        requested = _requested(response)
        if requested["VolumeType"] == "gp3":
            _check_gp3(int(requested["Size"] or 1), requested["Iops"], requested["Throughput"])
        return original(response)

    # moto shrinks volumes and accepts any figures for gp3.
    @wrap_method(EC2Response, "modify_volume")
    def modify(original: Method, response: Any) -> Any:
        volume = response.ec2_backend.get_volume(response._get_param("VolumeId"))
        requested = _requested(response)
        size = int(requested["Size"] or volume.size)
        if size < int(volume.size):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"New size cannot be smaller than existing size ({volume.size} GiB)",
            )
        if (requested["VolumeType"] or volume.volume_type) == "gp3":
            _check_gp3(
                size, requested["Iops"] or volume.iops, requested["Throughput"] or volume.throughput
            )
        return original(response)


def _requested(response: Any) -> dict[str, Any]:
    names = ("Size", "VolumeType", "Iops", "Throughput")
    return {name: response._get_param(name) for name in names}


def _check_gp3(size: int, iops: Any, throughput: Any) -> None:
    iops, throughput = int(iops or GP3_LEAST_IOPS), int(throughput or GP3_LEAST_MIBPS)
    if not GP3_LEAST_IOPS <= iops <= GP3_MOST_IOPS:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Volume iops of {iops} is out of range; gp3 takes {GP3_LEAST_IOPS} to {GP3_MOST_IOPS}",
        )
    if iops > max(GP3_LEAST_IOPS, size * GP3_IOPS_PER_GIB):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Iops to volume size ratio of {iops / size:.1f} is too high; maximum is "
            f"{GP3_IOPS_PER_GIB}",
        )
    if not GP3_LEAST_MIBPS <= throughput <= GP3_MOST_MIBPS or (
        throughput * GP3_IOPS_PER_MIBPS > iops
    ):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Throughput of {throughput} MiB/s is out of range for {iops} iops",
        )
