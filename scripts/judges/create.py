"""The template, created, updated and looked at by moto's CloudFormation: an independent reading of every resource.

CREATE_COMPLETE proves nothing, since moto passes over what it does not know: what exists is asked of each service.

    python create.py ASSEMBLY
"""

import io
import json
import os
import sys
import zipfile
from collections import Counter

os.environ.update(AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto")
import boto3
from moto import mock_aws

REGION = "eu-central-1"
STACK = "countersign-dev"
RETAINED = ("AWS::DynamoDB::Table", "AWS::KMS::Key")
# moto makes nothing of these, and fails on references to them.
UNKNOWN_TO_MOTO = ("AWS::ApiGatewayV2::", "AWS::CloudWatch::")


def known_to_moto(template):
    """The template without what moto does not make: whatever refers to it says a name in its place."""
    resources = template["Resources"]
    gone = {name for name, each in resources.items() if each["Type"].startswith(UNKNOWN_TO_MOTO)}

    def cut(value):
        if isinstance(value, list):
            return [cut(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in gone or value.get("Fn::GetAtt", [None])[0] in gone:
            return "https://api.example"
        return {key: cut(each) for key, each in value.items()}

    for each in resources.values():
        if each["Type"] == "AWS::KMS::Key":
            # moto 5.2 reads them under the names of KMS's own API, and fails.
            each["Properties"].pop("Tags", None)
    kept = {name: cut(each) for name, each in resources.items() if name not in gone}
    for each in kept.values():
        if "DependsOn" in each:
            each["DependsOn"] = [name for name in each["DependsOn"] if name not in gone]
    return {**template, "Resources": kept, "Outputs": cut(template["Outputs"]), "Rules": {}}, len(gone)


def upload_code(template):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.cjs", "exports.handler = async () => {};")
    s3 = boto3.client("s3", region_name=REGION)
    bucket = f"cdk-hnb659fds-assets-123456789012-{REGION}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for resource in template["Resources"].values():
        key = resource.get("Properties", {}).get("Code", {}) if resource["Type"] == "AWS::Lambda::Function" else {}
        if key:
            s3.put_object(Bucket=bucket, Key=key["S3Key"], Body=archive.getvalue())


def client(service):
    return boto3.client(service, region_name=REGION)


def pages(service, operation, result):
    return [each for page in client(service).get_paginator(operation).paginate() for each in page[result]]


def look(template):
    """What there is, by its services; compared with what the template has."""
    counted = Counter(each["Type"] for each in template["Resources"].values())
    there = {
        "AWS::DynamoDB::Table": len(pages("dynamodb", "list_tables", "TableNames")),
        "AWS::KMS::Key": len(stack_keys(template) & {each["KeyId"] for each in pages("kms", "list_keys", "Keys")}),
        "AWS::Lambda::Function": len(pages("lambda", "list_functions", "Functions")),
        "AWS::IAM::Role": len(pages("iam", "list_roles", "Roles")),
        "AWS::Logs::LogGroup": len(pages("logs", "describe_log_groups", "logGroups")),
        "AWS::SQS::Queue": len(client("sqs").list_queues().get("QueueUrls", [])),
        "AWS::SNS::Topic": len(pages("sns", "list_topics", "Topics")),
        "AWS::Lambda::EventSourceMapping": len(pages("lambda", "list_event_source_mappings", "EventSourceMappings")),
        "AWS::Events::Rule": len(client("events").list_rules()["Rules"]),
    }
    for resource_type, number in there.items():
        print(f"  {resource_type}: {number} of {counted[resource_type]}")
    return [name for name, number in there.items() if number != counted[name]]


def stack_keys(template):
    """The stack's own: moto makes the keys of AWS's services too."""
    return set(physical_ids([name for name, each in template["Resources"].items() if each["Type"] == "AWS::KMS::Key"]).values())


def table_is_as_written():
    table = client("dynamodb").describe_table(TableName=STACK)["Table"]
    return (
        {each["IndexName"] for each in table["GlobalSecondaryIndexes"]} == {"due", "listing", "members"}
        and table["StreamSpecification"]["StreamEnabled"]
        and table["DeletionProtectionEnabled"]
    )


def physical_ids(names):
    described = client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    # moto describes resources that it passed over without a name.
    known = {each.get("LogicalResourceId"): each.get("PhysicalResourceId") for each in described}
    return {name: known.get(name) for name in names}


def release_before():
    """What the last release retained, to be upgraded from."""
    folder = os.path.join(os.path.dirname(__file__), "..", "..", "releases")
    with open(os.path.join(folder, sorted(os.listdir(folder))[-1])) as file:
        print(f"  upgraded from {file.name.split('/')[-1]}")
        return known_to_moto({"Outputs": {}, **json.load(file)})[0]


def check():
    with open(os.path.join(sys.argv[1], f"{STACK}.template.json")) as file:
        template, left_out = known_to_moto(json.load(file))
    print(f"  without {left_out} resources of the HTTP API and CloudWatch, which moto does not make")
    template.pop("Rules", None)
    template["Parameters"].pop("BootstrapVersion", None)
    upload_code(template)
    cloudformation = client("cloudformation")
    make = dict(StackName=STACK, Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
    former = release_before()
    cloudformation.create_stack(**make, TemplateBody=json.dumps(former))
    kept = [name for name, each in former["Resources"].items() if each["Type"] in RETAINED]
    made = physical_ids(kept)
    cloudformation.update_stack(**make, TemplateBody=json.dumps(template))
    wrong = look(template)
    if physical_ids(kept) != made or None in made.values():
        wrong.append("the upgrade replaced a table or a key")
    if not table_is_as_written():
        wrong.append("the table's indexes, stream or protection")
    retained = [name for name, each in template["Resources"].items() if each["Type"] in RETAINED]
    before = physical_ids(retained)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["MemorySize"] += 64
    cloudformation.update_stack(**make, TemplateBody=json.dumps(template))
    if physical_ids(retained) != before or None in before.values():
        wrong.append("an update replaced a table or a key")
    return wrong


with mock_aws(config={"lambda": {"use_docker": False}}):
    problems = check()
print("\n".join(f"  differs: {each}" for each in problems))
sys.exit(1 if problems else 0)
