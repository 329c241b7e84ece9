"""`sam local start-api` by SAM's own code, with Node in the place of Docker's containers.

SAM reads the template, resolves each function's variables, matches routes, makes the events and turns results into answers;
only the last step, running a function's code, is a Node process of its own here. Prints one line of JSON with all that SAM
found, then serves.

    python sam_without_docker.py TEMPLATE PORT
"""

import json
import os
import subprocess
import sys

from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.lib.utils.stream_writer import StreamWriter
from samcli.local.apigw.local_apigw_service import LocalApigwService

RUN = """
const { code, event, context } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const { handler } = require(code + '/index.cjs');
// What a function logs is no part of its answer.
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
handler(JSON.parse(event), context).then((result) => answer(JSON.stringify(result) + '\\n', () => process.exit(0)));
"""


class NodeInPlaceOfDocker:
    def invoke(self, function_config, event, *_, stdout=None, stderr=None, **__):
        invocation = {
            "code": function_config.code_abs_path,
            "event": event,
            "context": {"awsRequestId": "sam", "functionName": function_config.name},
        }
        variables = {**function_config.env_vars.resolve(), "PATH": os.environ["PATH"]}
        ran = subprocess.run(
            ["node", "-e", RUN],
            input=json.dumps(invocation).encode(),
            env={name: str(value) for name, value in variables.items()},
            capture_output=True,
            timeout=function_config.timeout * 6,
        )
        sys.stderr.write(ran.stderr.decode())
        stdout.write_str(ran.stdout.decode())
        return {}


def main(template, port):
    stacks, _ = SamLocalStackProvider.get_stacks(template)
    functions = SamFunctionProvider(stacks)
    api = ApiProvider(stacks, cwd=os.path.dirname(template)).api
    found = {
        "functions": sorted(each.functionname for each in functions.get_all()),
        "routes": sorted(f"{method} {each.path}" for each in api.routes for method in each.methods),
    }
    print(json.dumps(found), flush=True)
    runner = LocalLambdaRunner(
        NodeInPlaceOfDocker(), functions, cwd=os.path.dirname(template), real_path=os.path.dirname(template)
    )
    service = LocalApigwService(
        api=api, lambda_runner=runner, port=port, host="127.0.0.1", stderr=StreamWriter(sys.stderr.buffer)
    )
    service.create()
    service.run()


main(os.path.abspath(sys.argv[1]), int(sys.argv[2]))
