"""The providers of models: any OpenAI-compatible server and Anthropic, behind one interface in OpenAI's shapes."""
