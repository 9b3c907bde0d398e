"""Broken lines of settings of every stack, and of contradictions between both projects."""

from __future__ import annotations

from tests.unit.config.broken import CLIENTS, FOUNDATION, PRODUCTION, Broken

FAULTS = [
    # every stack
    Broken(
        PRODUCTION,
        "Environment: production",
        "Environment: prod",
        "aws:defaultTags.tags.Environment: the tag is not this stack's name; "
        "write Environment: production",
    ),
    Broken(
        FOUNDATION,
        "Stack: nexusflow-foundation",
        "Stack: nexusflow",
        "aws:defaultTags.tags.Stack: the tag is not this project's name; "
        "write Stack: nexusflow-foundation",
    ),
    Broken(
        PRODUCTION,
        "ManagedBy: pulumi",
        "aws:by: pulumi",
        "aws:defaultTags.tags.aws:by: the prefix aws: is reserved; drop the prefix",
    ),
    Broken(
        PRODUCTION,
        "ManagedBy: pulumi",
        f"ManagedBy: {'p' * 257}",
        "aws:defaultTags.tags.ManagedBy: the name has 9 characters and the value 257; "
        "write at most 128 for the name and 256 for the value",
    ),
    Broken(
        FOUNDATION,
        "ManagedBy: pulumi",
        f"{'m' * 129}: pulumi",
        f"aws:defaultTags.tags.{'m' * 129}: the name has 129 characters and the value 6; "
        "write at most 128 for the name and 256 for the value",
    ),
    Broken(
        PRODUCTION,
        "recovery_region: us-west-2",
        "recovery_region: us-east-1",
        "nexusflow:recovery_region: us-east-1 is the stack's own region; name another region: "
        "copies must survive the loss of this one",
    ),
    # both files of an environment
    Broken(
        PRODUCTION,
        "aws:region: us-east-1",
        "aws:region: eu-west-1",
        "aws:region: eu-west-1, but the foundation's is us-east-1; write the same in both "
        "files: the databases are in the foundation's network",
    ),
    Broken(
        PRODUCTION,
        '["123456789012"]',
        '["210987654321"]',
        "aws:allowedAccountIds: 210987654321, but the foundation's is 123456789012; write the "
        "same in both files: the databases are in the foundation's network",
    ),
    Broken(
        PRODUCTION,
        CLIENTS,
        "nexusflow:allowed_clients: {cidrs: [10.0.0.0/8]",
        "nexusflow:allowed_clients.cidrs.0: 10.0.0.0/8 admits the whole VPC 10.20.0.0/16; "
        "list the ranges or the security groups of clients that connect to a store directly",
    ),
]
