"""Models of the package transformers, made of their settings with random weights, and what its tools make of data."""

import numpy as np
import pytest
import torch
from outside_kinds import ENCODED, LABELS, MASK, ROWS, TOKENS, Case, check_error, check_network, rows
from reference_angle import reference
from torch.utils.data import DataLoader

from complexity import complexity
from complexity.models import adapt

tr = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "num_labels": 3}
WORDS = {"vocab_size": 50, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
BERT = {**SMALL, "vocab_size": 50, "max_position_embeddings": 32}
GPT2 = {**WORDS, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16, "num_labels": 3}
LLAMA = {**SMALL, **WORDS, "num_key_value_heads": 2}
LAYERS = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
FEED_FORWARD = {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
T5 = {
    "vocab_size": 50,
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 32,
    "num_layers": 1,
    "num_heads": 2,
    "num_labels": 3,
    "decoder_start_token_id": 0,
}
IMAGE = {"image_size": 16, "patch_size": 4}
WAV2VEC2 = {
    **SMALL,
    "conv_dim": (8, 8),
    "conv_stride": (5, 2),
    "conv_kernel": (10, 3),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 8,
}
WHISPER = {**WORDS, **LAYERS, **FEED_FORWARD, "d_model": 16, "num_mel_bins": 8, "max_source_positions": 10}
CLIP = {
    "text_config": {**BERT, "max_position_embeddings": 16, "eos_token_id": 2},
    "vision_config": {**SMALL, **IMAGE},
    "projection_dim": 8,
}
ENDING = {"input_ids": np.hstack([TOKENS[:, :-1], np.ones((ROWS, 1), int)])}  # with the token at which T5 looks
PIXELS = np.random.default_rng(1).random((ROWS, 3, 16, 16), dtype=np.float32)
LARGER = np.random.default_rng(2).random((ROWS, 3, 32, 32), dtype=np.float32)
SOUND = np.random.default_rng(3).random((ROWS, 400), dtype=np.float32) - 0.5
SPECTRA = {"input_features": np.random.default_rng(4).random((ROWS, 8, 20), dtype=np.float32)}
BOTH = {"input_ids": TOKENS, "pixel_values": PIXELS}


def logits(found):
    return found.logits


def classifier(**settings):
    return tr.AutoModelForSequenceClassification.from_config(tr.BertConfig(**BERT, **settings))


def vision_transformer():
    return tr.AutoModelForImageClassification.from_config(tr.ViTConfig(**SMALL, **IMAGE))


def without_padding():
    return tr.GPT2ForSequenceClassification(tr.GPT2Config(**{**GPT2, "pad_token_id": None}))


def two_sizes(name, **settings):
    config = getattr(tr, f"{name}Config")(num_labels=3, **settings)
    return getattr(tr, f"{name}ForImageClassification")(config)


NETWORKS = {
    "BERT for classification: token numbers and mask": Case(classifier, ENCODED, "classifier", output=logits),
    "BERT for classification: token numbers alone": Case(classifier, TOKENS, "classifier", output=logits),
    "BERT with hidden states and attentions in its output": Case(
        lambda: classifier(output_hidden_states=True, output_attentions=True, attn_implementation="eager"),
        ENCODED,
        "classifier",
        output=logits,
    ),
    "BERT that returns a tuple": Case(
        lambda: classifier(return_dict=False), ENCODED, "classifier", output=lambda found: found[0]
    ),
    "BERT in bfloat16": Case(lambda: classifier().to(torch.bfloat16), ENCODED, "classifier", output=logits),
    "BERT compiled": Case(lambda: torch.compile(classifier(), backend="eager"), ENCODED, "classifier", output=logits),
    "BERT for masked words (the head is tied to the embedding)": Case(
        lambda: tr.BertForMaskedLM(tr.BertConfig(**BERT)), ENCODED, "cls.predictions.decoder", output=logits
    ),
    "BERT for a class a token": Case(
        lambda: tr.BertForTokenClassification(tr.BertConfig(**BERT)), ENCODED, "classifier", output=logits
    ),
    "BERT without a head": Case(lambda: tr.BertModel(tr.BertConfig(**BERT)), ENCODED),
    "BERT without a head, output='pooler_output'": Case(
        lambda: tr.BertModel(tr.BertConfig(**BERT)),
        ENCODED,
        "pooler.dense",
        {"output": "pooler_output"},
        lambda found: found.pooler_output,
    ),
    "BERT without a head, output='last_hidden_state'": Case(
        lambda: tr.BertModel(tr.BertConfig(**BERT)),
        ENCODED,
        "encoder.layer.1.output.dense",
        {"output": "last_hidden_state"},
        lambda found: found.last_hidden_state,
    ),
    "BERT for answers in a text": Case(
        lambda: tr.BertForQuestionAnswering(tr.BertConfig(**{**BERT, "num_labels": 2})), ENCODED
    ),
    "BERT for answers in a text, output='end_logits'": Case(
        lambda: tr.BertForQuestionAnswering(tr.BertConfig(**{**BERT, "num_labels": 2})),
        ENCODED,
        "qa_outputs",
        {"output": "end_logits"},
        lambda found: found.end_logits,
    ),
    "RoBERTa for classification (a head of two layers)": Case(
        lambda: tr.RobertaForSequenceClassification(tr.RobertaConfig(**BERT)),
        ENCODED,
        "classifier.out_proj",
        output=logits,
    ),
    "ALBERT for classification (layers that run several times)": Case(
        lambda: tr.AlbertForSequenceClassification(tr.AlbertConfig(**BERT, embedding_size=8)),
        ENCODED,
        "classifier",
        output=logits,
    ),
    "GPT-2 for classification (Conv1D layers, a cache in the output)": Case(
        lambda: tr.GPT2ForSequenceClassification(tr.GPT2Config(**GPT2)), ENCODED, "score", output=logits
    ),
    "GPT-2 for classification without a padding token": Case(without_padding, ENCODED),
    "GPT-2 for the next word (the head is tied to the embedding)": Case(
        lambda: tr.GPT2LMHeadModel(tr.GPT2Config(**GPT2)), ENCODED, "lm_head", output=logits
    ),
    "GPT-2 without a head": Case(
        lambda: tr.GPT2Model(tr.GPT2Config(**GPT2)),
        ENCODED,
        "h.1.mlp.c_proj",
        output=lambda found: found.last_hidden_state,
    ),
    "Llama for classification": Case(
        lambda: tr.LlamaForSequenceClassification(tr.LlamaConfig(**LLAMA)), ENCODED, "score", output=logits
    ),
    "Mixtral for classification (experts)": Case(
        lambda: tr.MixtralForSequenceClassification(tr.MixtralConfig(**LLAMA, num_local_experts=2)),
        ENCODED,
        "score",
        output=logits,
    ),
    "Mamba for the next word": Case(
        lambda: tr.MambaForCausalLM(tr.MambaConfig(**WORDS, hidden_size=16, num_hidden_layers=1, state_size=4)),
        TOKENS,
        "lm_head",
        output=logits,
    ),
    "T5 for classification (encoder and decoder)": Case(
        lambda: tr.T5ForSequenceClassification(tr.T5Config(**T5)),
        ENDING,
        "classification_head.out_proj",
        output=logits,
    ),
    "T5 for texts: decoder_input_ids in the inputs": Case(
        lambda: tr.T5ForConditionalGeneration(tr.T5Config(**T5)),
        {"input_ids": TOKENS, "decoder_input_ids": TOKENS[:, :4]},
        "lm_head",
        output=logits,
    ),
    "T5 for texts: no decoder_input_ids": Case(lambda: tr.T5ForConditionalGeneration(tr.T5Config(**T5)), ENCODED),
    "T5's encoder": Case(
        lambda: tr.T5EncoderModel(tr.T5Config(**T5)),
        ENCODED,
        "encoder.block.0.layer.1.DenseReluDense.wo",
        output=lambda found: found.last_hidden_state,
    ),
    "ViT for classification": Case(vision_transformer, PIXELS, "classifier", output=logits),
    "ViT without a head": Case(lambda: tr.ViTModel(tr.ViTConfig(**SMALL, **IMAGE)), PIXELS),
    "ConvNeXt for classification": Case(
        lambda: two_sizes("ConvNext", hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1]),
        LARGER,
        "classifier",
        output=logits,
    ),
    "ResNet for classification": Case(
        lambda: two_sizes("ResNet", embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]),
        LARGER,
        "classifier.1",
        output=logits,
    ),
    "Swin for classification": Case(
        lambda: two_sizes(
            "Swin", image_size=16, patch_size=2, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=2
        ),
        PIXELS,
        "classifier",
        output=logits,
    ),
    "Wav2Vec2 for classification (sound)": Case(
        lambda: tr.Wav2Vec2ForSequenceClassification(tr.Wav2Vec2Config(**WAV2VEC2)),
        SOUND,
        "classifier",
        output=logits,
    ),
    "Whisper for classification (spectra)": Case(
        lambda: tr.WhisperForAudioClassification(
            tr.WhisperConfig(**WHISPER, decoder_start_token_id=1, classifier_proj_size=8, num_labels=3)
        ),
        SPECTRA,
        "classifier",
        output=logits,
    ),
    "CLIP": Case(lambda: tr.CLIPModel(tr.CLIPConfig(**CLIP)), BOTH),
    "CLIP, output='image_embeds'": Case(
        lambda: tr.CLIPModel(tr.CLIPConfig(**CLIP)),
        BOTH,
        "visual_projection",
        {"output": "image_embeds"},
        lambda found: found.image_embeds,
    ),
    "CLIP, output='logits_per_image'": Case(
        lambda: tr.CLIPModel(tr.CLIPConfig(**CLIP)), BOTH, settings={"output": "logits_per_image", "layer": "logits"}
    ),
}


def test_every_kind_has_a_row():
    assert set(NETWORKS) == set(rows("transformers", "networks"))
    assert set(DATA) | {"a Trainer"} == set(rows("transformers", "data"))


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(kind):
    check_network(rows("transformers", "networks")[kind], NETWORKS[kind])


def test_kernels_are_those_of_dense_layers_of_both_kinds():
    network = adapt(tr.GPT2ForSequenceClassification(tr.GPT2Config(**GPT2)))
    shapes = sorted(kernel.shape for kernel in network.kernels())
    assert shapes == sorted([(16, 48), (16, 16), (16, 64), (64, 16)] * 2 + [(3, 16)])
    assert network.other_matrices() == ["transformer.wte.weight", "transformer.wpe.weight"]


TEXTS = [" ".join(f"w{token}" for token in row[: 4 + place % 3]) for place, row in enumerate(TOKENS)]


def tokenizer():
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[SEP]": 2, **{f"w{number}": number for number in range(3, 50)}}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    names = ["input_ids", "attention_mask"]
    return tr.PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", model_input_names=names
    )


def padded():
    """What the tokenizer should give, by hand."""
    lengths = 4 + np.arange(ROWS)[:, None] % 3
    mask = (np.arange(6) < lengths).astype(int)
    return {"input_ids": TOKENS * mask, "attention_mask": mask}


def features():
    """A dict a sample, as a Trainer takes them."""
    encoded = tokenizer()(TEXTS)
    return [
        {"input_ids": tokens, "attention_mask": mask, "labels": int(label)}
        for tokens, mask, label in zip(encoded["input_ids"], encoded["attention_mask"], LABELS, strict=True)
    ]


def collated(size, **settings):
    collator = tr.DataCollatorWithPadding(tokenizer(), **settings)
    return DataLoader(features(), batch_size=size, collate_fn=collator)


DATA = {
    "a tokenizer's BatchEncoding of tensors, labels": lambda: (
        tokenizer()(TEXTS, padding=True, return_tensors="pt"),
        LABELS,
    ),
    "a tokenizer's BatchEncoding of lists, labels": lambda: (tokenizer()(TEXTS, padding=True), LABELS),
    "a tokenizer's BatchEncoding alone": lambda: tokenizer()(TEXTS, padding=True, return_tensors="np"),
    "a BatchEncoding without padding": lambda: (tokenizer()(TEXTS), LABELS),
    "a dict of arrays with labels in it": lambda: {**padded(), "labels": LABELS},
    "a list of dicts, one a sample": lambda: [
        {**{name: array[row] for name, array in padded().items()}, "labels": LABELS[row]} for row in range(ROWS)
    ],
    "DataCollatorWithPadding to one length": lambda: collated(5, padding="max_length", max_length=6),
    "DataCollatorWithPadding to the longest of each batch": lambda: collated(2),
    "default_data_collator": lambda: DataLoader(
        [{**{name: array[row] for name, array in padded().items()}, "label": int(LABELS[row])} for row in range(ROWS)],
        batch_size=5,
        collate_fn=tr.default_data_collator,
    ),
    "a list of batches, each a dict": lambda: list(collated(5, padding="max_length", max_length=6)),
}


@pytest.mark.parametrize("kind", DATA)
def test_data(kind):
    row, network, dataset = rows("transformers", "data")[kind], classifier(), DATA[kind]()
    if row["comes"] == "error":
        check_error(row, lambda: complexity(network, dataset))
        return
    inputs = padded()
    network.eval()
    with torch.no_grad():
        hidden = network.bert(**{name: torch.tensor(array) for name, array in inputs.items()}).pooler_output
    expected = reference(hidden, np.hstack(list(inputs.values())))
    assert float(complexity(network, dataset)) == pytest.approx(expected, abs=1e-4)


def test_a_trainer_is_refused_and_its_model_and_loader_are_taken(tmp_path):
    pytest.importorskip("accelerate")
    samples = [{**{name: array[row] for name, array in ENCODED.items()}, "labels": LABELS[row]} for row in range(ROWS)]
    arguments = tr.TrainingArguments(
        output_dir=tmp_path, report_to=[], use_cpu=True, per_device_eval_batch_size=5, disable_tqdm=True
    )
    trainer = tr.Trainer(model=classifier(), args=arguments, eval_dataset=samples)
    check_error(rows("transformers", "data")["a Trainer"], lambda: complexity(trainer, samples))
    found = complexity(trainer.model, trainer.get_eval_dataloader())
    assert float(found) == float(complexity(trainer.model, (ENCODED, LABELS)))


def test_what_a_mask_hides_does_not_act_on_the_features():
    network = classifier()
    other = {"input_ids": np.where(MASK == 1, TOKENS, 7), "attention_mask": MASK}
    np.testing.assert_allclose(adapt(network).features(ENCODED), adapt(network).features(other), atol=1e-6)


def test_what_an_image_processor_makes_is_taken():
    image = pytest.importorskip("PIL.Image")
    pictures = [image.fromarray((255 * pixels.transpose(1, 2, 0)).astype(np.uint8)) for pixels in PIXELS]
    processor = tr.ViTImageProcessor(size={"height": 16, "width": 16})
    batch, network = processor(pictures, return_tensors="pt"), vision_transformer().eval()
    with torch.no_grad():
        hidden = network.vit(batch["pixel_values"]).last_hidden_state[:, 0]
    expected = reference(hidden, batch["pixel_values"])
    assert float(complexity(network, (batch, LABELS))) == pytest.approx(expected, abs=1e-4)
