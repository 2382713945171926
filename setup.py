"""Installation: `pip install .[keras]`, `.[torch]`, `.[dev]`; see README.md."""

from pathlib import Path

from setuptools import find_packages, setup

# Lower bounds: the oldest versions that the tests run on (Keras 2 needs NumPy 1). Upper bounds: only where a
# next major version is known, or likely, to break what is used here.
CORE = [
    "numpy>=1.26",
    "scipy>=1.11",
    "pandas>=2.1",
    "h5py>=3.10",
    "google-crc32c>=1.5",
    "click>=8.1",
    "rich>=13",
    "matplotlib>=3.8",
]
EXTRAS = {
    # TensorFlow 2.15 brings Keras 2, from 2.16 on Keras 3: the plug-in runs on both.
    "keras": ["tensorflow>=2.15", "keras>=2.15", "scikit-learn>=1.3"],
    # Keras 3 on PyTorch, without TensorFlow.
    "keras-torch": ["keras>=3.5", "torch>=2.2"],
    # training/; image folders are read by Pillow, folders at work are locked by filelock.
    "torch": ["torch>=2.2", "safetensors>=0.4", "pillow>=10", "filelock>=3.12"],
    # Only for its data sets and its ResNet-50. Not in [dev]: beside a PyTorch that brings Triton, TensorFlow ends the
    # process (seen with TensorFlow 2.21 and PyTorch 2.14 when both are imported).
    "torchvision": ["torchvision>=0.17"],
    "tensorboard": ["tensorboard>=2.15"],
    "dask": ["dask[array]>=2024.1", "distributed>=2024.1"],
}
EXTRAS["dev"] = [
    *EXTRAS["keras"],
    # The legacy Keras that TF_USE_LEGACY_KERAS=1 selects; it must match TensorFlow's minor version.
    "tf_keras>=2.16",
    # 2.13.0 is the release whose CPU build the continuous integration uses.
    "torch==2.13.0",
    "safetensors>=0.4",
    "pillow>=10",
    "filelock>=3.12",
    *EXTRAS["dask"],
    "scikit-learn>=1.3",
    "pytest>=8",
    "hypothesis>=6.100",
    "ruff>=0.6",
    "mypy>=1.11",
    "import-linter>=2",
    "pandas-stubs",
]

setup(
    name="pvector",
    version="0.1.0",
    description="P-vectors of deep networks and what they tell of generalization",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.10",
    packages=find_packages(include=["complexity*", "pgdl_eval*", "baselines*", "training*"]),
    package_data={"pgdl_eval": ["sample/**/*"]},
    install_requires=CORE,
    extras_require=EXTRAS,
)
