"""moto's server, with the three differences from AWS evened out that the contract suite cannot do without."""

import moto.server
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from moto.kms.models import Key, kms_backends
from moto.kms.utils import RSAPrivateKey

print("moto differs from AWS: its threads check a condition and write without a lock, so it gets one thread here")
print("moto differs from AWS: it signs a digest as if it were a message, so 32 bytes are taken for a digest here")

print("moto differs from AWS: its CloudFormation makes every key a symmetric one, so a key's kind is read here")

serve = moto.server.run_simple
sign = RSAPrivateKey.sign


def sign_digest(self, message, signing_algorithm):
    if signing_algorithm == "RSASSA_PKCS1_V1_5_SHA_256" and len(message) == 32:
        return self.private_key.sign(message, padding.PKCS1v15(), Prehashed(SHA256()))
    return sign(self, message, signing_algorithm)


def create_key(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    properties = cloudformation_json["Properties"]
    return kms_backends[account_id][region_name].create_key(
        policy=properties["KeyPolicy"],
        key_usage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description=properties.get("Description"),
        tags=[{"TagKey": each["Key"], "TagValue": each["Value"]} for each in properties.get("Tags", [])],
    )


Key.create_from_cloudformation_json = classmethod(create_key)
RSAPrivateKey.sign = sign_digest
moto.server.run_simple = lambda *args, **options: serve(*args, **{**options, "threaded": False})
moto.server.main()
