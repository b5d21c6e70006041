"""Every kind of base, from its published layout to the exported graph: a BERT with WordPiece, first-token pooling and
a dense head, as LaBSE is, and an XLM-R with Unigram and mean pooling. Tiny, with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TEXTS, keep, request
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizer, XLMRobertaConfig, XLMRobertaModel

from mlsearch_models import assemble, convert, encoder, layout, tokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *LETTERS, *(f"##{letter}" for letter in LETTERS), "É", "é"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", *LETTERS, ":", "<mask>"]
SENTENCES = ["a bad cab", "fade", "the cafe: jazz", "vex quickly", "Éa ébé"]
SHAPE = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
DENSE = 48
KINDS = ("labse", "xlm-r")


def write_json(path: Path, document) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def shaken(network: torch.nn.Module) -> torch.nn.Module:
    """Weights large enough that a mistake in any of them shows."""
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network.eval()


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    torch.manual_seed(5)
    made = {kind: tmp_path_factory.mktemp(kind) / kind for kind in KINDS}
    bert, xlm = made["labse"], made["xlm-r"]

    shaken(BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=40, **SHAPE))).save_pretrained(bert)
    (bert / "vocab.txt").write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")
    write_json(bert / "tokenizer_config.json", {"do_lower_case": False, "pad_token": "[PAD]"})
    write_json(bert / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})
    steps = {"": "Transformer", "1_Pooling": "Pooling", "2_Dense": "Dense", "3_Normalize": "Normalize"}
    kinds = [(path, f"sentence_transformers.models.{kind}") for path, kind in steps.items()]
    modules = [{"idx": at, "name": str(at), "path": path, "type": kind} for at, (path, kind) in enumerate(kinds)]
    write_json(bert / "modules.json", modules)
    modes = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    write_json(bert / "1_Pooling" / "config.json", {"word_embedding_dimension": 64, **modes})
    activation = {"bias": True, "activation_function": "torch.nn.modules.activation.Tanh"}
    write_json(bert / "2_Dense" / "config.json", {"in_features": 64, "out_features": DENSE, **activation})
    head = {"linear.weight": 0.2 * torch.randn(DENSE, 64), "linear.bias": 0.1 * torch.randn(DENSE)}
    save_file(head, bert / "2_Dense" / "model.safetensors")

    settings = {"max_position_embeddings": 42, "type_vocab_size": 1, "layer_norm_eps": 1e-5, **SHAPE}
    shaken(XLMRobertaModel(XLMRobertaConfig(vocab_size=len(PIECES), **settings))).save_pretrained(xlm)
    scores = np.array([0.0] * 4 + [-2.0 - at / 10 for at in range(len(PIECES) - 5)] + [0.0], np.float32)
    document = json.loads(tokenizer.unigram(tokenizer.Pieces(PIECES, scores)).tokenizer_json)
    document["truncation"] = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    fixed = {"strategy": {"Fixed": 40}, "direction": "Right", "pad_to_multiple_of": None}
    document["padding"] = {**fixed, "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"}
    write_json(xlm / "tokenizer.json", document)
    return made


def expected_vectors(kind: str, folder: Path, ids: list[list[int]]) -> np.ndarray:
    """By transformers' own classes, a text at a time."""
    network = (BertModel if kind == "labse" else XLMRobertaModel).from_pretrained(folder)
    rows = []
    for row in ids:
        states = network(torch.tensor([row])).last_hidden_state[0]
        if kind == "labse":
            head = layout.read(folder).dense
            pooled = torch.tanh(torch.from_numpy(head.matrix) @ states[0] + torch.from_numpy(head.offset))
        else:
            pooled = states.mean(0)
        rows.append((pooled / pooled.norm()).detach().numpy())
    return np.stack(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_base_gives_the_vectors_that_transformers_gives(kind, folders):
    loaded = encoder.load(folders[kind])
    ids = loaded.token_ids(SENTENCES, "query")
    expected = expected_vectors(kind, folders[kind], ids)
    np.testing.assert_allclose(loaded.encode_alone(ids), expected, atol=2e-6)
    np.testing.assert_allclose(loaded.encode(SENTENCES, "query"), expected, atol=2e-6)


def test_a_layout_says_pooling_prompts_and_length(folders):
    labse, plain = encoder.load(folders["labse"]), encoder.load(folders["xlm-r"])
    assert (labse.description.pooling, labse.description.max_tokens, labse.dimension) == ("cls", 32, DENSE)
    assert labse.description.prompts == {"query": "", "passage": ""}
    assert (plain.description.pooling, plain.description.max_tokens, plain.dimension) == ("mean", 40, 64)


def test_a_configuration_replaces_what_the_layout_says(folders):
    asked = encoder.Description(base=str(folders["labse"]), name="n", prompts={"query": "q: ", "passage": ""}, pooling="mean")
    loaded = encoder.load(folders["labse"], description=asked)
    assert loaded.description.pooling == "mean"
    assert loaded.token_ids(["a"], "query") == loaded.token_ids(["q: a"], "passage")


def test_word_piece_of_a_vocabulary_file_is_berts(folders):
    theirs = BertTokenizer.from_pretrained(folders["labse"])
    ours = encoder.load(folders["labse"]).token_ids(SENTENCES, "passage")
    assert ours == [theirs(text)["input_ids"] for text in SENTENCES]
    assert WORDS.index("É") in ours[-1], "letters keep their case and accents"


def test_a_carried_tokenizer_neither_cuts_nor_pads(folders):
    loaded = encoder.load(folders["xlm-r"])
    (ids,) = loaded.token_ids(["abcdefgh"], "passage")
    assert len(ids) == len("<s> ▁ </s>".split()) + len("passage:▁abcdefgh")
    assert loaded.weights.vocabulary.pad == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_base_is_saved_and_exported(kind, folders, tmp_path):
    loaded = encoder.load(folders[kind])
    before = loaded.encode(SENTENCES, "query")
    optimizer = torch.optim.AdamW([value for value in loaded.network.parameters() if value.requires_grad], lr=1e-3)
    ids = loaded.token_ids(SENTENCES, "query")
    losses = []
    for _ in range(5):
        vectors = loaded.encode_ids(ids)
        loss = 1 - (vectors[0] @ vectors[1])
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0]

    loaded.save(tmp_path / "saved", {"step": 5})
    again = encoder.load(tmp_path / "saved")
    after = loaded.encode(SENTENCES, "query")
    np.testing.assert_array_equal(again.encode(SENTENCES, "query"), after)
    assert np.abs(after - before).max() > 1e-3
    assert again.description.training == {"step": 5}
    moved = again.current_weights().tensors
    if kind == "labse":
        assert not np.array_equal(moved["head.w"], encoder.load(folders[kind]).weights.tensors["head.w"])

    output = tmp_path / kind
    agreement = assemble.write(again, request(kind), output, lambda *_: None)
    assert len(agreement.texts) == len(TEXTS) and agreement.worst > 0.98
    config = json.loads((output / "config.json").read_text())
    assert (config["pooling"], config["dimension"]) == (("cls", DENSE) if kind == "labse" else ("mean", 64))
    assert config["padding_id"] == (0 if kind == "labse" else 1)
    keep(output)


def test_a_base_is_converted_untrained(folders, tmp_path):
    output = tmp_path / "labse"
    convert.convert(encoder.load(folders["labse"]), request("labse"), output, 3)
    assert "the first token's vector" in (output / "README.md").read_text(encoding="utf-8")


def test_other_families_and_layouts_are_refused(folders, tmp_path):
    write_json(tmp_path / "t5" / "config.json", {"model_type": "t5"})
    with pytest.raises(ValueError, match="is a t5, only bert"):
        encoder.load(tmp_path / "t5")
    modules = [{"idx": 0, "path": "", "type": "sentence_transformers.models.CLIPModel"}]
    write_json(tmp_path / "clip" / "modules.json", modules)
    with pytest.raises(ValueError, match="CLIPModel are not supported"):
        encoder.load(tmp_path / "clip")
