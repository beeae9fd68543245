"""Who may call which function of public. A function that does not stand here fails a test."""

from __future__ import annotations

FUNCTIONS = {
    # Organizations and their people
    "create_invitation": "authenticated service_role",
    "accept_invitation": "authenticated",
    "revoke_invitation": "authenticated service_role",
    "change_member_role": "authenticated service_role",
    "remove_member": "authenticated service_role",
    "leave_organization": "authenticated",
    "transfer_ownership": "authenticated service_role",
    "delete_organization": "authenticated service_role",
    "delete_team": "authenticated service_role",
    "explain_access": "authenticated service_role",
    # API keys: only the service role finds out whether one is good
    "create_api_key": "authenticated service_role",
    "revoke_api_key": "authenticated service_role",
    "verify_api_key": "service_role",
    # Chat
    "set_typing": "authenticated",
    "mark_conversation_read": "authenticated",
    "delete_conversation": "authenticated service_role",
    "delete_message": "authenticated service_role",
    # Documents and search
    "delete_document": "authenticated service_role",
    "delete_collection": "authenticated service_role",
    "search_documents": "authenticated service_role",
    "hybrid_search_documents": "authenticated service_role",
    "keyword_search_documents": "authenticated service_role",
    "match_documents": "authenticated service_role",
    # Ingestion: a client asks for it, the worker does it as the service role
    "ingest_document": "authenticated",
    "claim_ingestion": "service_role",
    "plan_ingestion": "service_role",
    "stage_ingestion": "service_role",
    "finish_ingestion": "service_role",
    "fail_ingestion": "service_role",
    "claim_storage_removals": "service_role",
    "complete_storage_removals": "service_role",
    # Changing the model of a collection's embeddings: who manages it decides, the worker does it
    "start_reembedding": "authenticated service_role",
    "get_reembedding": "authenticated service_role",
    "finish_reembedding": "authenticated service_role",
    "cancel_reembedding": "authenticated service_role",
    "next_reembedding_batch": "service_role",
    "store_reembeddings": "service_role",
    # Usage: what budgets are held against is recorded by the service role alone
    "get_usage_timeseries": "authenticated service_role",
    "explain_limits": "authenticated service_role",
    "record_api_usage": "service_role",
    "record_api_usage_batch": "service_role",
    "reserve_usage": "service_role",
    "settle_usage": "service_role",
    "release_usage": "service_role",
    "report_usage": "service_role",
    "adjust_usage": "service_role",
    "reprice_usage": "service_role",
    "set_model_price": "service_role",
    "get_unpriced_models": "service_role",
    "add_usage_credit": "service_role",
    "require_usage_credit": "service_role",
    "aggregate_usage_summary": "service_role",
    "set_usage_retention": "service_role",
    # Answers of an assistant: a participant asks and cancels, the handler generates
    "ask_assistant": "authenticated",
    "chat_context": "authenticated",
    "get_citations": "authenticated service_role",
    "cancel_generation": "authenticated",
    "begin_model_call": "service_role",
    "report_generations": "service_role",
    "finish_generation": "service_role",
    "reap_generations": "service_role",
    # Dashboards
    "get_user_dashboard": "authenticated",
    "get_organization_analytics": "authenticated service_role",
    # Maintenance
    "run_maintenance": "service_role",
    "schedule_maintenance": "service_role",
    "health_metrics": "service_role",
    "cleanup_expired_sessions": "service_role",
    "cleanup_typing_indicators": "service_role",
}
