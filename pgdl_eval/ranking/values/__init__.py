"""What is computed of each model beside its measures: facts and references."""
