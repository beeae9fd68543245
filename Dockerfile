# The functions alone; the database, Auth and Storage are the Supabase project's.
#   docker build -t groundwork-functions . && docker run --env-file .env -p 8080:8080 groundwork-functions
FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY pyproject.toml constraints.txt ./
COPY groundwork ./groundwork
COPY functions ./functions
RUN /venv/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.11-slim
WORKDIR /app
COPY --from=build /venv /venv
COPY functions ./functions
RUN useradd --system --no-create-home --uid 10001 functions
USER 10001
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT=8080
EXPOSE 8080
HEALTHCHECK CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/functions/v1/health')"]
CMD ["gunicorn", "-c", "python:functions.serving", "functions.app:app"]
