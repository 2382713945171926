"""Which measure `complexity(model, dataset)` computes: `package.module:function`, loaded on the first call.

Several, joined by "+", are a combination.
"""

MEASURE = "complexity.measures.model_data_angle:angle_to_data"
