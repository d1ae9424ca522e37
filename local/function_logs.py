"""What the functions logged, read from the local CloudWatch Logs."""

from local.aws import LocalAws


def function_logs(aws: LocalAws) -> list[str]:
    """Every line of every function, oldest first."""
    events: list[tuple[int, str]] = []
    for groups in aws.logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            events += [
                (event["timestamp"], event["message"].rstrip())
                for page in pages
                for event in page["events"]
            ]
    return [message for _, message in sorted(events)]
