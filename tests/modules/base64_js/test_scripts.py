"""The contract of @modules/base64-js, as scripts see it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from ...conftest import RunJs


@pytest.mark.parametrize("scope", ["", "@modules/", "@accessors-modules/"])
def test_bytes_become_text_and_bytes_again(run_js: RunJs, scope: str) -> None:
    outcome = run_js(f"""
        const base64 = require('{scope}base64-js');
        for (const size of [0, 1, 2, 3, 256]) {{
          const bytes = Uint8Array.from({{ length: size }}, (_, i) => 255 - i);
          const text = base64.fromByteArray(bytes);
          const back = base64.toByteArray(text);
          const same = back instanceof Uint8Array && back.join() === bytes.join();
          const isSame = base64.fromByteArray([...bytes]) === text;
          console.log(text, same, base64.byteLength(text), isSame);
        }}
    """)
    texts = [b64encode(bytes(range(255, 255 - size, -1))).decode() for size in (0, 1, 2, 3, 256)]
    expected = [f"{t} true {s} true" for t, s in zip(texts, (0, 1, 2, 3, 256), strict=True)]
    assert outcome.stdout.splitlines() == expected


def test_both_alphabets_are_read_and_nothing_else(run_js: RunJs) -> None:
    outcome = run_js("""
        const { toByteArray, fromByteArray } = require('base64-js');
        console.log(toByteArray('-_8A').join(), toByteArray('+/8A').join());
        for (const bad of ['a', 'abc', 'abcde', 'ab=c', '====', 'ab c', '\\u00e4bcd', 5, null]) {
          try { console.log(toByteArray(bad)); } catch (error) { console.log('refused'); }
        }
        for (const bad of [undefined, 'text', 5]) {
          try { fromByteArray(bad); } catch (error) { console.log(error.name); }
        }
    """)
    lines = ["251,255,0 251,255,0", *["refused"] * 9, *["TypeError"] * 3]
    assert outcome.stdout.splitlines() == lines
