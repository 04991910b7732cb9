"""A client written from PROTOCOL.md alone: ZeroMQ and msgpack, nothing of ours."""

import json
import sys
import uuid
from os import environ

import msgpack
import zmq

run = environ["CUELOCK_HOME"] + "/run/"
address, keys = (json.load(open(run + name)) for name in ("engine.json", "client.key"))
context = zmq.Context()


def connect(kind, endpoint):
    socket = context.socket(kind)
    socket.curve_publickey = keys["public"].encode()
    socket.curve_secretkey = keys["secret"].encode()
    socket.curve_serverkey = address["server_key"].encode()
    socket.connect(endpoint)
    return socket


control, commands = (connect(zmq.DEALER, address[name]) for name in ("control", "commands"))
events = connect(zmq.SUB, address["events"])


def ask(socket, kind, /, **body):
    socket.send(msgpack.packb({"v": [1, 0], "id": uuid.uuid4().hex, "kind": kind, "body": body}))
    return msgpack.unpackb(socket.recv())["body"]


def submit(kind, **params):
    job = uuid.uuid4().hex
    events.subscribe(b"progress/" + job.encode())
    ask(commands, "job.submit", job=job, kind=kind, params={"to": sys.argv[2], **params})
    return job


def watch(job, until, stages=()):
    while (status := ask(commands, "job.watch", job=job)["status"])["state"] not in until:
        if events.poll(1000):
            stages = (*stages, msgpack.unpackb(events.recv_multipart()[1])["stage"])
    return status, stages


layers = [{"name": "knock", "prompt": "wood is hit", "seed": 1}]
hello = ask(control, "hello", client="plain", version="1")
short = submit("render", clip=sys.argv[1], layers=layers, range_out="2s", steps=4)
done, stages = watch(short, ["done", "failed"])
region = {"region_in": "0.5s", "region_out": "1s", "prompt": "glass breaks", "steps": 4}
again, _ = watch(submit("regenerate", take=done["reply"]["take"], **region), ["done", "failed"])
other = submit("render", clip=sys.argv[1], layers=layers, steps=500)
watch(other, ["running"])
ask(control, "job.cancel", job=other)
cancelled, _ = watch(other, ["cancelled", "done", "failed"])
told = {"hello": hello, "done": done, "stages": stages, "again": again, "cancelled": cancelled}
print(json.dumps(told))
context.destroy(linger=0)
