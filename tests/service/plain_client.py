"""A client written from PROTOCOL.md alone: ZeroMQ and msgpack, nothing of ours."""

import json
import os
import sys
import uuid
from pathlib import Path

import msgpack
import zmq

run = Path(os.environ["CUELOCK_HOME"]) / "run"
address = json.loads((run / "engine.json").read_text())
keys = json.loads((run / "client.key").read_text())
context = zmq.Context()


def connect(kind, endpoint):
    socket = context.socket(kind)
    socket.curve_publickey, socket.curve_secretkey = (
        keys["public"].encode(),
        keys["secret"].encode(),
    )
    socket.curve_serverkey = address["server_key"].encode()
    socket.connect(endpoint)
    return socket


control, commands = (connect(zmq.DEALER, address[name]) for name in ("control", "commands"))
events = connect(zmq.SUB, address["events"])


def ask(socket, kind, /, **body):
    id = uuid.uuid4().hex
    socket.send(msgpack.packb({"v": [1, 0], "id": id, "kind": kind, "body": body}))
    answer = msgpack.unpackb(socket.recv())
    assert answer["id"] == id
    return answer["body"]


def render(clip, to, steps):
    job = uuid.uuid4().hex
    events.subscribe(b"event/" + job.encode())
    events.subscribe(b"progress/" + job.encode())
    layer = {"name": "knock", "prompt": "wood is hit", "seed": 1}
    params = {"clip": clip, "layers": [layer], "to": to, "range_out": "2s", "steps": steps}
    ask(commands, "job.submit", job=job, kind="render", params=params)
    return job


def watch(job, until):
    stages = []
    while True:
        status = ask(commands, "job.watch", job=job)["status"]
        if status["state"] in until:
            return status, stages
        if events.poll(1000):
            topic, body = events.recv_multipart()
            if topic.startswith(b"progress/"):
                stages.append(msgpack.unpackb(body)["stage"])


hello = ask(control, "hello", client="plain", version="1")
done, stages = watch(render(sys.argv[1], sys.argv[2], 4), ["done", "failed"])
other = render(sys.argv[1], sys.argv[2], 500)
watch(other, ["running"])
ask(control, "job.cancel", job=other)
cancelled, _ = watch(other, ["cancelled", "done", "failed"])
told = {"hello": hello, "done": done, "stages": stages, "cancelled": cancelled}
print(json.dumps(told))
context.destroy(linger=0)
