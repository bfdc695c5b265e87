"""AI Platform Training and Prediction (`ml` v1) on Vertex AI: job files, models, versions and predictions.

The service was shut down on 2025-01-31; its job files are everywhere. Modules here are pure, but for the command in
`__main__`: they turn v1 bodies into Vertex AI's, and finished Vertex AI jobs into v1's answers. Whatever Vertex AI has
no equivalent for is an error or a note (`notes`), never silent.
"""
