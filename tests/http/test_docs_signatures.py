"""The verifying functions of the documentation, in each language that this machine has."""

import base64
import json
import shutil
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from prikke.signing import new_signing_secret, sign
from tests.http.conftest import Web
from tests.http.examples import examples

SECRET, OTHER = new_signing_secret(), new_signing_secret()
BODY = b'{"order": 42, "who": "\xc3\x98yvind"}\n\x00\xff'


def case(now: int, **changes: Any) -> dict[str, Any]:
    """A request as it is delivered, or with something else in it."""
    at = now + changes.pop("later", 0)
    headers = {
        "webhook-id": "01980000-0000-7000-8000-000000000000",
        "webhook-timestamp": str(at),
    }
    secrets = changes.pop("secrets", [SECRET])
    headers["webhook-signature"] = sign(secrets, headers["webhook-id"], at, BODY)
    body = changes.pop("body", BODY)
    for name, value in changes.items():
        headers["webhook-" + name] = value
        if value is None:
            del headers["webhook-" + name]
    return {"headers": headers, "body": base64.b64encode(body).decode()}


def cases(now: int) -> dict[str, tuple[dict[str, Any], bool]]:
    """What arrives, and whether it is from Prikke."""
    return {
        "as delivered": (case(now), True),
        "beside an older secret": (case(now, secrets=[OTHER, SECRET]), True),
        "beside a newer secret": (case(now, secrets=[SECRET, OTHER]), True),
        "a minute old": (case(now, later=-60), True),
        "too old": (case(now, later=-400), False),
        "from the future": (case(now, later=900), False),
        "another secret": (case(now, secrets=[OTHER]), False),
        "another body": (case(now, body=b"{}"), False),
        "another id": (case(now, id="01980000-0000-7000-8000-000000000001"), False),
        "another time": (case(now, timestamp=str(now - 1)), False),
        "a time that is none": (case(now, timestamp="now"), False),
        "no time": (case(now, timestamp=None), False),
        "no signature": (case(now, signature=None), False),
        "an empty signature": (case(now, signature=""), False),
        "a cut signature": (case(now, signature="v1,abc"), False),
        "no version": (case(now, signature=sign([SECRET], "x", now, BODY)[3:]), False),
        "letters beyond ASCII": (case(now, signature="v1,\u00f8"), False),
    }


# How each language is asked: a file to add beside the example, and what to run.
PYTHON = """
import base64, json
from example import is_from_prikke
told = json.load(open("cases.json"))
print(json.dumps([
    is_from_prikke(told["secret"], each["headers"], base64.b64decode(each["body"]))
    for each in told["cases"]
]))
"""
NODE = """
import { readFileSync } from "node:fs";
import { isFromPrikke } from "./example.mjs";
const told = JSON.parse(readFileSync("cases.json"));
console.log(JSON.stringify(told.cases.map((each) =>
  isFromPrikke(told.secret, each.headers, Buffer.from(each.body, "base64")))));
"""
GO = """
package webhook

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
)

func TestCases(t *testing.T) {
	var told struct {
		Secret string
		Cases  []struct {
			Headers map[string]string
			Body    []byte
		}
	}
	data, _ := os.ReadFile("cases.json")
	if err := json.Unmarshal(data, &told); err != nil {
		t.Fatal(err)
	}
	results := []bool{}
	for _, each := range told.Cases {
		header := http.Header{}
		for name, value := range each.Headers {
			header.Set(name, value)
		}
		results = append(results, IsFromPrikke(told.Secret, header, each.Body))
	}
	written, _ := json.Marshal(results)
	os.WriteFile("results.json", written, 0o644)
}
"""
PHP = """<?php
require 'example.php';
$told = json_decode(file_get_contents('cases.json'), true);
echo json_encode(array_map(
    fn ($each) => is_from_prikke($told['secret'], $each['headers'], base64_decode($each['body'])),
    $told['cases'],
));
"""
RUBY = """
require "json"
require_relative "example"
told = JSON.parse(File.read("cases.json"))
puts(told["cases"].map do |each|
  from_prikke?(told["secret"], each["headers"], Base64.decode64(each["body"]))
end.to_json)
"""
GO_RUN = "go mod init webhook >&2 && go test . >&2 && cat results.json"
Language = tuple[str, str, str, str, str]
LANGUAGES: dict[str, Language] = {
    "python": ("python3", "example.py", "ask.py", PYTHON, "python3 ask.py"),
    "node": ("node", "example.mjs", "ask.mjs", NODE, "node ask.mjs"),
    "go": ("go", "example.go", "ask_test.go", GO, GO_RUN),
    "php": ("php", "example.php", "ask.php", PHP, "php ask.php"),
    "ruby": ("ruby", "example.rb", "ask.rb", RUBY, "ruby ask.rb"),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_example_in_each_language_knows_what_is_from_prikke(
    web: Web, tmp_path: Path, language: str
) -> None:
    program, example, ask, asking, run = LANGUAGES[language]
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    [text] = [each.text for each in await examples(web, "/docs/webhooks") if each.run == language]
    (tmp_path / example).write_text(text + "\n", encoding="utf-8")
    (tmp_path / ask).write_text(asking.lstrip(), encoding="utf-8")
    asked = cases(int(time.time()))
    told = {"secret": SECRET, "cases": [each for each, _ in asked.values()]}
    (tmp_path / "cases.json").write_text(json.dumps(told), encoding="utf-8")

    with anyio.fail_after(120):
        finished = await anyio.run_process(["bash", "-c", run], cwd=tmp_path, check=False)

    assert finished.returncode == 0, finished.stderr.decode()
    found = dict(zip(asked, json.loads(finished.stdout), strict=True))
    assert found == {name: wanted for name, (_, wanted) in asked.items()}
