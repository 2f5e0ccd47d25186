"""The HTTP server: the project's own API, OpenAI's, and the web page; FastAPI on uvicorn, one model for many people."""
