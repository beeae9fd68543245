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
    # Ingestion: a client asks for it, the worker does it as the service role
    "ingest_document": "authenticated",
    "claim_ingestion": "service_role",
    "plan_ingestion": "service_role",
    "stage_ingestion": "service_role",
    "finish_ingestion": "service_role",
    "fail_ingestion": "service_role",
    "claim_storage_removals": "service_role",
    "complete_storage_removals": "service_role",
    # Usage: what budgets are held against is recorded by the service role alone
    "get_usage_timeseries": "authenticated service_role",
    "aggregate_usage_summary": "service_role",
    "set_model_price": "service_role",
    # Dashboards
    "get_user_dashboard": "authenticated",
    "get_organization_analytics": "authenticated service_role",
    # Maintenance
    "cleanup_expired_sessions": "service_role",
    "cleanup_typing_indicators": "service_role",
}
