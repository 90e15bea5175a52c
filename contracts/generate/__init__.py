"""What is made from the models and the catalogue: JSON Schemas and the AsyncAPI document."""
