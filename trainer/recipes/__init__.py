"""Recipes: one file a model, each with its declaration `MODEL`. A new model is a new file and a name in this list."""

from trainer.recipes import additive, clip, content, fusion, graphsage, hvsr, hybrid, two_tower
from trainer.recipes.model import Model

RECIPES = (content, two_tower, fusion, graphsage, additive, clip, hybrid, hvsr)

MODELS: dict[str, Model] = {recipe.MODEL.name: recipe.MODEL for recipe in RECIPES}  # by `type` of the [model] table
