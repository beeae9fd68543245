"""The functions on AWS Lambda, behind a function URL or an HTTP API: functions.lambda_handler.handler."""

from __future__ import annotations

from apig_wsgi import make_lambda_handler

from functions.app import app

handler = make_lambda_handler(app.wsgi_app)
