"""Adapters of the package peft in small models with random weights."""

import numpy as np
import pytest
import torch
from outside_kinds import ENCODED, TOKENS, Case, check_network, rows
from torch import nn

from complexity.models import adapt

peft = pytest.importorskip("peft")
tr = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")  # within peft

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "num_labels": 3}
X = np.random.default_rng(0).random((len(TOKENS), 4), dtype=np.float32)
SAVED = "base_model.model.classifier.modules_to_save.default"


def bert():
    torch.manual_seed(0)
    return tr.BertForSequenceClassification(tr.BertConfig(**SMALL, vocab_size=50, max_position_embeddings=32))


def gpt2():
    words = {"vocab_size": 50, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    sizes = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 16, "num_labels": 3}
    return tr.GPT2ForSequenceClassification(tr.GPT2Config(**words, **sizes))


def dense():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def adapted(model, kind, **settings):
    """The model with adapters of this kind, which are not zero, around some of its layers."""
    found = peft.get_peft_model(model, getattr(peft, f"{kind}Config")(**settings))
    with torch.no_grad():
        for name, weight in found.named_parameters():
            if "modules_to_save" not in name and weight.requires_grad and not weight.any():
                weight.normal_(0, 0.1)
    return found


def of_bert(kind, *targets, **settings):
    where = {"target_modules": list(targets)} if targets else {}
    return lambda: adapted(bert(), kind, task_type="SEQ_CLS", **where, **settings)


def logits(found):
    return found.logits


NETWORKS = {
    "LoRA within BERT": Case(of_bert("Lora", "query", "value", r=2), ENCODED, SAVED, output=logits),
    "LoRA around all dense layers of BERT": Case(
        lambda: adapted(bert(), "Lora", target_modules="all-linear", r=2, task_type="SEQ_CLS"),
        ENCODED,
        SAVED,
        output=logits,
    ),
    "LoRA around the head of BERT": Case(
        lambda: adapted(bert(), "Lora", target_modules=["query", "classifier"], r=2),
        ENCODED,
        "base_model.model.classifier",
        output=logits,
    ),
    "LoRA within GPT-2 (Conv1D layers)": Case(
        lambda: adapted(gpt2(), "Lora", task_type="SEQ_CLS", target_modules=["c_attn"], fan_in_fan_out=True, r=2),
        ENCODED,
        "base_model.model.score.modules_to_save.default",
        output=logits,
    ),
    "LoRA in a plain network": Case(
        lambda: adapted(dense(), "Lora", target_modules=["0", "2"], r=2), X, "base_model.model.2"
    ),
    "LoRA with modules_to_save": Case(
        lambda: adapted(dense(), "Lora", target_modules=["0"], modules_to_save=["2"], r=2),
        X,
        "base_model.model.2.modules_to_save.default",
    ),
    "LoRA merged": Case(lambda: adapted(dense(), "Lora", target_modules=["0", "2"], r=2).merge_and_unload(), X, "2"),
    "DoRA": Case(of_bert("Lora", "query", "dense", r=2, use_dora=True), ENCODED, SAVED, output=logits),
    "AdaLoRA": Case(of_bert("AdaLora", "query", total_step=10), ENCODED, SAVED, output=logits),
    "LoHa": Case(of_bert("LoHa", "query", modules_to_save=["classifier"], r=2), ENCODED, SAVED, output=logits),
    "IA3": Case(
        of_bert("IA3", "key", "value", "output.dense", feedforward_modules=["output.dense"]),
        ENCODED,
        SAVED,
        output=logits,
    ),
    "prompt tuning": Case(
        of_bert("PromptTuning", num_virtual_tokens=2),
        ENCODED,
        "base_model.classifier.modules_to_save.default",
        output=logits,
    ),
}


def test_every_kind_has_a_row():
    assert set(NETWORKS) == set(rows("peft", "networks"))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(kind):
    check_network(rows("peft", "networks")[kind], NETWORKS[kind])


@pytest.mark.parametrize("kind", ["LoRA within BERT", "LoRA within GPT-2 (Conv1D layers)", "AdaLoRA", "LoHa"])
def test_kernels_are_those_of_the_merged_network(kind):
    network = NETWORKS[kind].make().eval()
    kernels = adapt(network).kernels()
    merged = adapt(network.merge_and_unload()).kernels()
    assert len(kernels) == len(merged)
    for kernel, expected in zip(kernels, merged, strict=True):
        np.testing.assert_allclose(kernel, expected, atol=1e-6)
