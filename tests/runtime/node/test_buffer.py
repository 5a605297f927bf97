"""Buffer: text, numbers and memory."""

from __future__ import annotations

import base64
import random

import pytest

from ...conftest import RunJs
from ...support.checks import all_pass, all_print, passes

ENCODED = [
    ("utf8", "hé€\U0001d11e", "68c3a9e282acf09d849e"),
    ("UTF-8", "a", "61"),
    ("latin1", "hé", "68e9"),
    ("binary", "hé", "68e9"),
    ("ascii", "hi", "6869"),
    ("utf16le", "hé", "6800e900"),
    ("ucs2", "€", "ac20"),
    ("hex", "00ff10", "00ff10"),
    ("base64", "+//+AQ==", "fbfffe01"),
    ("base64url", "-__-AQ", "fbfffe01"),
]


def test_texts_are_encoded_and_decoded(run_js: RunJs) -> None:
    all_pass(
        run_js,
        {
            encoding: f"""
            const bytes = Buffer.from('{text}', '{encoding}');
            check(bytes.toString('hex'), '{digits}');
            check(bytes.toString('{encoding}'), '{text}');
            check(Buffer.byteLength('{text}', '{encoding}'), bytes.length);
            check(Buffer.isEncoding('{encoding}'), true);
            """
            for encoding, text, digits in ENCODED
        },
    )


def test_an_unknown_encoding_is_refused(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const expected = 'TypeError ERR_UNKNOWN_ENCODING Unknown encoding: rot13';
        check(thrown(() => Buffer.from('a', 'rot13')), expected);
        check(thrown(() => Buffer.from('a').toString('rot13')), expected);
        check(thrown(() => Buffer.alloc(1).write('a', 'rot13')), expected);
        check(Buffer.isEncoding('rot13'), false);
        """,
    )


MALFORMED = [
    ("e282", "\\ufffd"),
    ("e28241", "\\ufffdA"),
    ("f09f98", "\\ufffd"),
    ("f0808080", "\\ufffd\\ufffd\\ufffd\\ufffd"),
    ("eda080", "\\ufffd\\ufffd\\ufffd"),
    ("c0af", "\\ufffd\\ufffd"),
    ("f4908080", "\\ufffd\\ufffd\\ufffd\\ufffd"),
    ("c328", "\\ufffd("),
    ("f0904141", "\\ufffdAA"),
    ("efbbbf41", "\\ufeffA"),
]


def test_each_malformed_part_becomes_one_replacement(run_js: RunJs) -> None:
    checks = {
        digits: f"check(Buffer.from('{digits}', 'hex').toString(), '{text}');"
        for digits, text in MALFORMED
    }
    all_pass(run_js, checks)


def test_long_texts_survive_wherever_they_are_cut(run_js: RunJs) -> None:
    passes(
        run_js,
        r"""
        for (const unit of ['x', 'é', '€', '\ud834\udd1e', 'aé€\ud834\udd1e']) {
          for (let lead = 0; lead < 4; lead++) {
            const text = 'a'.repeat(lead) + unit.repeat(5000);
            const bytes = Buffer.from(text);
            check(bytes.length, Buffer.byteLength(text));
            check(bytes.toString() === text, true);
            const broken = Buffer.concat([bytes, Buffer.from([0x80])]);
            check(broken.toString() === text + '\ufffd', true);
          }
        }
        check(Buffer.from('x\ud800'.repeat(5000)).toString() === 'x\ufffd'.repeat(5000), true);
        check(Buffer.alloc(20000, 0x80).toString() === '\ufffd'.repeat(20000), true);
        """,
    )


def test_random_bytes_are_decoded_as_python_does(run_js: RunJs) -> None:
    random_bytes = random.Random(7)
    pool = bytes.fromhex("417fc2c3e0a09fe282acedefbbf0908f80f49dff")
    samples = [bytes(random_bytes.choices(pool, k=n % 40)) for n in range(400)]
    samples.append(bytes(random_bytes.choices(pool, k=30000)))
    listed = ",".join(f"'{sample.hex()}'" for sample in samples)
    outcome = run_js(
        f"for (const text of [{listed}]) console.log(escape(Buffer.from(text, 'hex').toString()))"
    )
    decoded = [sample.decode("utf-8", "replace") for sample in samples]
    checked = run_js("".join(f"console.log(escape({_literal(text)}));" for text in decoded))
    assert outcome.stdout == checked.stdout
    assert outcome.stdout.count("\n") == len(samples)


def _literal(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "'" + "".join("\\u" + units[i : i + 4] for i in range(0, len(units), 4)) + "'"


@pytest.mark.slow
def test_a_mebibyte_is_coded_in_reasonable_time(run_js: RunJs) -> None:
    data = random.Random(1).randbytes(1 << 20)
    text = base64.b64encode(data).decode()
    outcome = run_js(
        f"""
        const bytes = Buffer.from('{text}', 'base64');
        console.log(bytes.length, bytes.toString('base64') === '{text}');
        const text = bytes.toString('latin1');
        console.log(Buffer.from(text).toString() === text, text.length);
        """,
        callback_timeout=None,
    )
    assert outcome.stdout == "1048576 true\ntrue 1048576\n"


SOURCES = [
    ("[1, 2.9, -1, '5', 256, null]", "0102ff050000"),
    ("new Uint8Array([1, 2])", "0102"),
    ("new Uint16Array([1, 300])", "012c"),
    ("Buffer.from('a')", "61"),
    ("{ type: 'Buffer', data: [1, 2] }", "0102"),
    ("JSON.parse(JSON.stringify(Buffer.from('hi')))", "6869"),
    ("{ length: 2, 0: 5, 1: 6 }", "0506"),
    ("new String('hi')", "6869"),
    ("'abcg', 'hex'", "ab"),
    ("'aG k=', 'base64'", "6869"),
    ("new Uint8Array([1, 2, 3]).buffer, 1, 1", "02"),
]


def test_bytes_are_taken_from_many_things(run_js: RunJs) -> None:
    calls = ((f"Buffer.from({source}).toString('hex')", digits) for source, digits in SOURCES)
    all_print(run_js, calls)


def test_nothing_else_has_bytes(run_js: RunJs) -> None:
    all_pass(
        run_js,
        {
            value: f"""
            check(thrown(() => Buffer.from({value})).startsWith('TypeError ERR_INVALID_ARG_TYPE ' +
              'The first argument must be of type string or an instance of Buffer'), true);
            """
            for value in ("null", "undefined", "5", "true", "{}", "() => 0", "Symbol()")
        },
    )


def test_an_array_buffer_is_shared_and_an_array_is_copied(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const memory = new ArrayBuffer(3);
        Buffer.from(memory)[1] = 7;
        check(new Uint8Array(memory)[1], 7);
        const array = new Uint8Array(1);
        Buffer.from(array)[0] = 7;
        check(array[0], 0);
        check(thrown(() => Buffer.from(memory, 4)),
          'RangeError ERR_BUFFER_OUT_OF_BOUNDS "offset" is outside of buffer bounds');
        check(thrown(() => Buffer.from(memory, 1, 3)),
          'RangeError ERR_BUFFER_OUT_OF_BOUNDS "length" is outside of buffer bounds');
        """,
    )


def test_memory_is_allocated_clear_or_filled(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        check(Buffer.alloc(3).toJSON().data, [0, 0, 0]);
        check(Buffer.allocUnsafe(2).length, 2);
        check(Buffer.alloc(5, 'ab').toString(), 'ababa');
        check(Buffer.alloc(2, 257).toJSON().data, [1, 1]);
        check(Buffer.alloc(3, '6162', 'hex').toString(), 'aba');
        check(thrown(() => Buffer.alloc('3')).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        check(thrown(() => Buffer.alloc(-1)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        check(thrown(() => Buffer.alloc(2 ** 40)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        """,
    )


def test_the_old_constructor_still_works(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        check(new Buffer('hi').toString(), 'hi');
        check(new Buffer(2).toJSON().data, [0, 0]);
        check(Buffer([1, 2]).toJSON().data, [1, 2]);
        check(new Buffer('hi') instanceof Buffer, true);
        """,
    )


def test_a_buffer_is_a_uint8array_and_its_parts_are_buffers(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const bytes = Buffer.from('abcd');
        check(bytes instanceof Uint8Array && bytes.constructor === Buffer, true);
        for (const part of [bytes.slice(1, 3), bytes.subarray(-3, -1)]) {
          check([Buffer.isBuffer(part), part.toString()], [true, 'bc']);
        }
        bytes.slice(1)[0] = 120;
        check(String(bytes), 'axcd');
        check(bytes.slice(3, 1).length, 0);
        check(Buffer.isBuffer(bytes.map((byte) => byte + 1)), true);
        check(bytes.filter((byte) => byte > 99).toString(), 'xd');
        check([...bytes], [97, 120, 99, 100]);
        check(Buffer.isBuffer(new Uint8Array(1)), false);
        check(Object.keys(bytes), ['0', '1', '2', '3']);
        """,
    )


def test_buffers_are_joined(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const parts = [Buffer.from('ab'), new Uint8Array([99]), Buffer.from('de')];
        check(Buffer.concat(parts).toString(), 'abcde');
        check(Buffer.concat(parts, 4).toString(), 'abcd');
        check(Buffer.concat([Buffer.from('a')], 3).toJSON().data, [97, 0, 0]);
        check(Buffer.concat([]).length, 0);
        check(thrown(() => Buffer.concat(['a'])), 'TypeError ERR_INVALID_ARG_TYPE The "list[0]" ' +
          "argument must be an instance of Buffer or Uint8Array. Received type string ('a')");
        check(thrown(() => Buffer.concat(5)).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_buffers_are_compared(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const [a, ab, b] = [Buffer.from('a'), Buffer.from('ab'), Buffer.from('b')];
        check([Buffer.compare(a, b), ab.compare(a), a.compare(a)], [-1, 1, 0]);
        check([a.equals(new Uint8Array([97])), a.equals(b), a.equals(ab)], [true, false, false]);
        check(Buffer.from('xaby').compare(ab, 0, 2, 1, 3), 0);
        check([b, ab, a].sort(Buffer.compare).join(), 'a,ab,b');
        check(thrown(() => a.equals('a')).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_text_is_read_from_a_range(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const bytes = Buffer.from('hello');
        check(bytes.toString('utf8', 1, 3), 'el');
        check(bytes.toString(undefined, -5, 99), 'hello');
        check(bytes.toString('latin1', 4), 'o');
        check(bytes.toString('hex', 3, 1), '');
        check(bytes + '!', 'hello!');
        check(JSON.stringify(bytes.slice(0, 1)), '{"type":"Buffer","data":[104]}');
        """,
    )


def test_text_is_written_in_whole_characters(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const bytes = Buffer.alloc(4);
        check([bytes.write('hé€'), bytes.toString('hex')], [3, '68c3a900']);
        check([bytes.write('zz', 3), bytes.toString('latin1', 3)], [1, 'z']);
        check([bytes.write('abcd', 1, 2), bytes.toString('latin1', 1, 3)], [2, 'ab']);
        check([bytes.write('ffee', 'hex'), bytes.write('0001', 2, 'hex')], [2, 2]);
        check(bytes.toString('hex'), 'ffee0001');
        check([bytes.write('abc', 'utf16le'), bytes.toString('hex')], [4, '61006200']);
        check(thrown(() => bytes.write('a', 5)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        check(thrown(() => bytes.write(5)).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_ranges_are_filled_and_copied(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        check(Buffer.alloc(5).fill('ab', 1, 4).toString('latin1'), '\\0aba\\0');
        check(Buffer.alloc(3, 1).fill('').toJSON().data, [0, 0, 0]);
        check(Buffer.alloc(3).fill(Buffer.from([1, 2])).toJSON().data, [1, 2, 1]);
        check(thrown(() => Buffer.alloc(3).fill('zz', 'hex')),
          "TypeError ERR_INVALID_ARG_VALUE The argument 'value' is invalid. Received 'zz'");
        check(thrown(() => Buffer.alloc(3).fill('a', 0, 4)).slice(0, 27),
          'RangeError ERR_OUT_OF_RANGE');
        const target = Buffer.from('......');
        check([Buffer.from('abcd').copy(target, 1, 2), target.toString()], [2, '.cd...']);
        check(Buffer.from('abcd').copy(target, 9), 0);
        const same = Buffer.from('abcdef');
        same.copy(same, 2, 0, 4);
        check(same.toString(), 'ababcd');
        check(thrown(() => same.copy(target, 0, 7)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        """,
    )


def test_bytes_and_texts_are_found(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const bytes = Buffer.from('abcabc');
        check(['c', 'ca', 'x', ''].map((text) => bytes.indexOf(text)), [2, 2, -1, 0]);
        check([bytes.indexOf('a', 1), bytes.indexOf('bc', -2), bytes.indexOf('', 99)], [3, 4, 6]);
        check([bytes.indexOf(99), bytes.indexOf(Buffer.from('bca')), bytes.indexOf('6263', 'hex')],
          [2, 1, 1]);
        check([bytes.lastIndexOf('b'), bytes.lastIndexOf('b', 3), bytes.lastIndexOf(97, -4)],
          [4, 1, 0]);
        check([bytes.includes('cab'), bytes.includes('cab', 3), bytes.includes(120)],
          [true, false, false]);
        check(Buffer.from('abab', 'utf16le').indexOf('b', 'utf16le'), 2);
        check(Buffer.from([0, 97, 0, 98]).indexOf('a', 'utf16le'), -1);
        check(thrown(() => bytes.indexOf({})).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


NUMBERS = [
    ("UInt8", "", "200", "c8"),
    ("Int8", "", "-2", "fe"),
    ("UInt16", "LE", "258", "0201"),
    ("UInt16", "BE", "258", "0102"),
    ("Int16", "LE", "-2", "feff"),
    ("Int16", "BE", "-2", "fffe"),
    ("UInt32", "LE", "4294967294", "feffffff"),
    ("UInt32", "BE", "16909060", "01020304"),
    ("Int32", "LE", "-2", "feffffff"),
    ("Int32", "BE", "-2147483648", "80000000"),
    ("BigInt64", "LE", "-2n", "feffffffffffffff"),
    ("BigInt64", "BE", "-2n", "fffffffffffffffe"),
    ("BigUInt64", "LE", "258n", "0201000000000000"),
    ("BigUInt64", "BE", "18446744073709551615n", "ffffffffffffffff"),
    ("Float", "LE", "1.5", "0000c03f"),
    ("Float", "BE", "1.5", "3fc00000"),
    ("Double", "LE", "-2.25", "00000000000002c0"),
    ("Double", "BE", "-2.25", "c002000000000000"),
]


def test_numbers_are_written_and_read(run_js: RunJs) -> None:
    all_pass(run_js, {f"{one[0]}{one[1]}": _number(*one) for one in NUMBERS})


def _number(kind: str, order: str, value: str, digits: str) -> str:
    size = len(digits) // 2
    return f"""
        const bytes = Buffer.alloc({size} + 1);
        check(bytes.write{kind}{order}({value}, 1), {size} + 1);
        check(bytes.toString('hex'), '00{digits}');
        check(bytes.read{kind}{order}(1), {value});
        check(bytes.slice(1).read{kind.replace("UInt", "Uint")}{order}(), {value});
        const outside = thrown(() => bytes.read{kind}{order}(2));
        check(outside, 'RangeError ERR_OUT_OF_RANGE The value of "offset" is out of range. ' +
          'It must be >= 0 and <= 1. Received 2');
        check(thrown(() => Buffer.alloc({size} - 1).write{kind}{order}({value})),
          'RangeError ERR_BUFFER_OUT_OF_BOUNDS Attempt to access memory outside buffer bounds');
        """


UNFIT = [
    ("writeUInt8(256)", ">= 0 and <= 255. Received 256"),
    ("writeInt8(-129)", ">= -128 and <= 127. Received -129"),
    ("writeInt16LE(32768)", ">= -32768 and <= 32767. Received 32768"),
    ("writeUInt32BE(2 ** 33)", ">= 0 and <= 4294967295. Received 8_589_934_592"),
    ("writeBigInt64LE(2n ** 63n)",
     ">= -(2n ** 63n) and < 2n ** 63n. Received 9_223_372_036_854_775_808n"),
    ("writeBigUInt64LE(-1n)", ">= 0n and < 2n ** 64n. Received -1n"),
    ("writeUIntBE(2 ** 40, 0, 5)", ">= 0 and < 2 ** 40. Received 1_099_511_627_776"),
    ("writeIntLE(128, 0, 1)", ">= -128 and <= 127. Received 128"),
]  # fmt: skip


def test_a_number_that_does_not_fit_is_refused(run_js: RunJs) -> None:
    all_pass(
        run_js,
        {
            call: f"""
            check(thrown(() => Buffer.alloc(9).{call}), 'RangeError ERR_OUT_OF_RANGE ' +
              'The value of "value" is out of range. It must be {range_}');
            """
            for call, range_ in UNFIT
        },
    )


def test_numbers_of_one_to_six_bytes(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const bytes = Buffer.from('0102030405fe', 'hex');
        check([bytes.readUIntBE(0, 3), bytes.readUIntLE(0, 3)], [0x010203, 0x030201]);
        check([bytes.readIntBE(4, 2), bytes.readIntLE(4, 2)], [0x05fe, 0xfe05 - 0x10000]);
        check(bytes.readUIntBE(0, 6), 0x0102030405fe);
        check([bytes.writeIntBE(-2, 0, 3), bytes.writeUIntLE(0x0403, 3, 3)], [3, 6]);
        check(bytes.toString('hex'), 'fffffe030400');
        check(thrown(() => bytes.readUIntBE(0, 7)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        check(thrown(() => bytes.readUIntBE(0)).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        check(thrown(() => bytes.readInt8(0.5)).slice(0, 27), 'RangeError ERR_OUT_OF_RANGE');
        check(thrown(() => bytes.readInt8('0')).slice(0, 30), 'TypeError ERR_INVALID_ARG_TYPE');
        """,
    )


def test_bytes_are_swapped(run_js: RunJs) -> None:
    passes(
        run_js,
        """
        const swapped = (n) => Buffer.from('0102030405060708', 'hex')['swap' + n]().toString('hex');
        check([swapped(16), swapped(32), swapped(64)],
          ['0201040306050807', '0403020108070605', '0807060504030201']);
        check(thrown(() => Buffer.alloc(3).swap16()),
          'RangeError ERR_INVALID_BUFFER_SIZE Buffer size must be a multiple of 16-bits');
        """,
    )


def test_a_buffer_shows_its_first_bytes(run_js: RunJs) -> None:
    outcome = run_js(
        """
        console.log(Buffer.from('hi'), [Buffer.alloc(0)]);
        console.log(Buffer.alloc(52));
        console.log(Object.assign(Buffer.from('a'), { own: 1 }));
        """
    )
    assert outcome.stdout == (
        "<Buffer 68 69> [ <Buffer > ]\n"
        f"<Buffer {' '.join(['00'] * 50)} ... 2 more bytes>\n"
        "<Buffer 61, own: 1>\n"
    )


def test_base64_functions_of_the_web(run_js: RunJs) -> None:
    passes(
        run_js,
        r"""
        check([btoa('hi\xff'), atob('aGn/'), atob(' aG k= ')], ['aGn/', 'hi\xff', 'hi']);
        const refused = 'InvalidCharacterError 5 ';
        for (const text of ['a', 'a=', 'aGk*', '====']) {
          check(thrown(() => atob(text)).startsWith(refused), true);
        }
        check(thrown(() => btoa('€')), refused + 'Invalid character');
        const buffer = require('buffer');
        check(buffer.Buffer === Buffer && buffer.atob === atob, true);
        check([buffer.isUtf8(Buffer.from('é')), buffer.isUtf8(Buffer.from([0xff]))], [true, false]);
        """,
    )
