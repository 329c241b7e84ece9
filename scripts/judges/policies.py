"""Every policy document of a template, judged by parliament: unknown actions, resources that do not fit, bad conditions.

    python policies.py TEMPLATE
"""

import json
import sys

import parliament

# Each with its reason: the issue, and words of the finding.
ACCEPTED = [
    # Lambda reads a stream by four actions. ListStreams has no resource of its own in AWS's reference; narrowed to the stream,
    # as in SAM's own DynamoDBStreamReadPolicy, it grants less than by a star. The finding names the actions of its statement.
    ("RESOURCE_MISMATCH", ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")),
]


def is_accepted(finding):
    words = str(finding.detail)
    return any(
        finding.issue == issue and words.count("'action'") == len(actions) and all(each in words for each in actions)
        for issue, actions in ACCEPTED
    )


def literal(value, resources):
    """The value with references replaced by something of the right shape."""
    if isinstance(value, list):
        return [literal(each, resources) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return PSEUDO.get(value["Ref"], value["Ref"])
    if "Fn::GetAtt" in value:
        target, attribute = value["Fn::GetAtt"]
        return arn_of(resources[target]["Type"], attribute)
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(literal(parts, resources))
    return {key: literal(each, resources) for key, each in value.items()}


PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
}
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:eu-central-1:111122223333:table/countersign-dev",
    "AWS::KMS::Key": "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/x:*",
    "AWS::SQS::Queue": "arn:aws:sqs:eu-central-1:111122223333:x",
    "AWS::SNS::Topic": "arn:aws:sns:eu-central-1:111122223333:x",
}


def arn_of(resource_type, attribute):
    arn = ARNS[resource_type]
    return arn + "/stream/2026-01-01T00:00:00.000" if attribute == "StreamArn" else arn


def documents(resources):
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield name, policy["PolicyDocument"]
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            yield name, properties["PolicyDocument"]


def findings(template):
    resources = template["Resources"]
    for name, document in documents(resources):
        policy = parliament.analyze_policy_string(json.dumps(literal(document, resources)), ignore_private_auditors=True)
        for finding in policy.findings:
            if not is_accepted(finding):
                yield f"{name}: {finding.issue} {finding.detail} {finding.location}"
    print(f"{sum(1 for _ in documents(resources))} policies")


with open(sys.argv[1]) as file:
    found = list(findings(json.load(file)))
print("\n".join(found))
sys.exit(1 if found else 0)
