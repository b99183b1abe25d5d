"""What other programs read of the files that w2b writes equals what was written.

    formats.py W2B SAMPLES TMP

Called by formats.sh. Says in TMP/others which programs were there.
"""

import json
import os
import struct
import subprocess
import sys

import numpy

w2b, samples, tmp = sys.argv[1:4]
others = []


def convert(name, out, *options):
    path = os.path.join(tmp, out)
    subprocess.run([w2b, "convert", os.path.join(samples, name), path, "-q", "-f", *options],
                   check=True)
    return path


def lines(path):
    with open(path, "rb") as file:
        return file.read().split(b"\n")[:-1]


def truth(name):
    """Words and rows, from the text that w2b writes."""
    rows = lines(convert(name, "truth.txt"))[1:]
    words = [row.split(b" ")[0] for row in rows]
    return words, numpy.array([row.split(b" ")[1:] for row in rows]).astype("<f4")


def no_twins(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), "a key that stands twice"
    return dict(pairs)


def read_safetensors(path):
    """By the format's rules, without its library, which refuses what breaks them."""
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack("<Q", data[:8])
    assert length <= 100000000 and 8 + length <= len(data), "a header that is too long"
    head = data[8:8 + length]
    assert length % 8 == 0 and head[:1] == b"{" and head.rstrip(b" ")[-1:] == b"}"
    head = json.loads(head.decode("utf-8"), object_pairs_hook=no_twins)
    notes = head.pop("__metadata__", {})
    assert all(isinstance(text, str) for item in notes.items() for text in item), "metadata"
    tables, end = {}, 0
    for name, entry in sorted(head.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"}
        begin, stop = entry["data_offsets"]
        assert begin == end, "a hole"
        end = stop
        kind = numpy.dtype({"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
        assert (8 + length + begin) % kind.itemsize == 0, "numbers that are not aligned"
        assert stop - begin == numpy.prod(entry["shape"], dtype=int) * kind.itemsize
        tables[name] = numpy.frombuffer(data[8 + length + begin:8 + length + stop], kind)
        tables[name] = tables[name].reshape(entry["shape"])
    assert 8 + length + end == len(data), "bytes behind the last table"
    return tables


words, rows = truth("fasttext-cbow.bin")

# NumPy
matrix = numpy.load(convert("fasttext-cbow.bin", "a.npy"))
assert matrix.dtype == "<f4" and (matrix == rows).all(), "NumPy"
assert lines(os.path.join(tmp, "a.vocab.txt")) == words
others.append("NumPy " + numpy.__version__)
small = os.path.join(tmp, "half.w2b")
subprocess.run([w2b, "quantize", os.path.join(samples, "numpy-f16.npy"), "-o", small, "-q",
                "--bits", "16"], check=True)
half = numpy.load(convert(small, "half.npy"))
assert half.dtype == "<f2" and (half == numpy.load(os.path.join(samples, "numpy-f16.npy"))).all()

# What NumPy writes, in all its types and orders
table = numpy.random.default_rng(1).standard_normal((300, 7)).astype("<f4")
vocab = os.path.join(tmp, "w.txt")
with open(vocab, "w", encoding="ascii") as file:
    file.write("".join(f"w{i}\n" for i in range(300)))
for kind in "<f2 >f2 <f4 >f4 <f8 >f8 |i1 |u1".split():
    for order in "CF":
        for version in (1, 0), (2, 0), (3, 0):
            array = numpy.array(numpy.clip(table * 20 + 100 * (kind == "|u1"), -120, 250),
                                dtype=kind, order=order)
            with open(os.path.join(tmp, "t.npy"), "wb") as file:
                numpy.lib.format.write_array(file, array, version=version)
            read = numpy.load(convert(os.path.join(tmp, "t.npy"), "u.npy", "--vocab", vocab))
            assert (read == array.astype("<f4")).all(), (kind, order, version)

# safetensors, and a folder of Model2Vec's
tables = read_safetensors(convert("fasttext-cbow.bin", "a.safetensors"))
assert list(tables) == ["embeddings"] and (tables["embeddings"] == rows).all(), "safetensors"
folder = convert("fasttext-cbow.bin", "model/")
tables = read_safetensors(os.path.join(folder, "model.safetensors"))
with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as file:
    tokenizer = json.load(file)
vocab = tokenizer["model"]["vocab"]
assert [word.encode() for word in vocab][:-1] == words and len(vocab) == len(words) + 1
assert vocab[tokenizer["model"]["unk_token"]] == len(words)
assert (tables["embeddings"][:-1] == rows).all() and not tables["embeddings"][-1].any()
assert sorted(vocab.values()) == list(range(len(words) + 1)), "a row for each token"
assert tokenizer["added_tokens"][0]["id"] == len(words)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=no_twins)


# What model2vec's StaticModel and sentence-transformers' StaticEmbedding ask for besides
config = read_json(os.path.join(folder, "config.json"))
assert config["normalize"] is False and config["embedding_dtype"] == "float32"
module, = read_json(os.path.join(folder, "modules.json"))
assert module == {"idx": 0, "name": "0", "path": ".",
                  "type": "sentence_transformers.models.StaticEmbedding"}
folder = convert(small, "half/")
tables = read_safetensors(os.path.join(folder, "model.safetensors"))
assert tables["embeddings"].dtype == "<f2" and (tables["embeddings"][:-1] == half).all()
assert read_json(os.path.join(folder, "config.json"))["embedding_dtype"] == "float16"
folder = os.path.join(tmp, "model/")
try:
    import safetensors.numpy

    again = safetensors.numpy.load_file(os.path.join(tmp, "a.safetensors"))
    assert (again["embeddings"] == rows).all(), "safetensors"
    others.append("safetensors " + safetensors.__version__)
except ImportError:
    others.append("no safetensors")
try:
    import tokenizers

    ids = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    assert ids.encode("the of nosuchword").ids == [vocab["the"], vocab["of"], len(words)]
    others.append("tokenizers " + tokenizers.__version__)
except ImportError:
    others.append("no tokenizers")

# gensim
try:
    import gensim
    from gensim.models import KeyedVectors

    for out, binary in (("a.bin", True), ("a.txt", False)):
        model = KeyedVectors.load_word2vec_format(convert("fasttext-cbow.bin", out), binary=binary)
        assert [word.encode() for word in model.index_to_key] == words
        assert (model.vectors == rows).all(), "gensim"
    model.save_word2vec_format(os.path.join(tmp, "g.bin"), binary=True)
    assert (truth(os.path.join(tmp, "g.bin"))[1] == rows).all(), "from gensim"
    others.append("gensim " + gensim.__version__)
except ImportError:
    others.append("no gensim")

# fastText: its own model, asked for words that are in it and words that are not
try:
    import fasttext

    fasttext.FastText.eprint = lambda *_: None
    for name in "fasttext-cbow.bin", "fasttext-supervised-pruned.ftz":
        path = os.path.join(samples, name)
        model = fasttext.load_model(path)
        asked = model.get_words()[:200] + ["unheard", "caf\u00e9s", "x", "\u5317\u4eac\u4eba"]
        out = subprocess.run([w2b, "vector", path], input="\n".join(asked).encode(),
                             capture_output=True, check=True).stdout.decode()
        for word, line in zip(asked, out.split("\n")):
            mine = numpy.array(line.split(" ")[1:]).astype("<f4")
            assert line.split(" ")[0] == word
            assert (mine == model.get_word_vector(word)).all(), (name, word)
    others.append("fastText")
except ImportError:
    others.append("no fastText")

with open(os.path.join(tmp, "others"), "w", encoding="ascii") as file:
    file.write("read by " + ", ".join(others) + "\n")
