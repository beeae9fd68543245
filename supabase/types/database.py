from __future__ import annotations

import datetime
import uuid
from typing import (
    Annotated,
    Any,
    List,
    Literal,
    Optional,
    TypedDict,
)
from typing_extensions import NotRequired, TypeAlias

from pydantic import BaseModel, Field, JsonValue

PgCatalogInet: TypeAlias = str

PrivateReservationState: TypeAlias = Literal["open", "settled", "released", "expired"]

PublicConversationType: TypeAlias = Literal["direct", "group", "assistant"]

PublicCreditKind: TypeAlias = Literal["top_up", "grant", "refund"]

PublicGenerationStatus: TypeAlias = Literal["running", "completed", "cancelled", "failed"]

PublicMessageRole: TypeAlias = Literal["user", "assistant", "system", "tool"]

PublicOrganizationRole: TypeAlias = Literal["viewer", "member", "admin", "owner"]

PublicParticipantRole: TypeAlias = Literal["member", "owner"]

PublicPlanType: TypeAlias = Literal["free", "pro", "team", "enterprise"]

PublicProcessingStatus: TypeAlias = Literal["pending", "processing", "completed", "failed"]

PublicQuotaKind: TypeAlias = Literal["plan", "organization"]

PublicQuotaMetric: TypeAlias = Literal["tokens", "cost", "requests"]

PublicQuotaPeriod: TypeAlias = Literal["minute", "day", "month"]

PublicQuotaScope: TypeAlias = Literal["organization", "user", "api_key"]

PublicSummaryPeriod: TypeAlias = Literal["hour", "day", "week", "month"]

PublicTeamRole: TypeAlias = Literal["member", "lead"]

PublicUsageDimension: TypeAlias = Literal["model", "user", "endpoint", "api_key"]

PublicVisibility: TypeAlias = Literal["private", "team", "organization"]

class PublicApiUsage(BaseModel):
    adjustment_reason: Optional[str] = Field(alias="adjustment_reason")
    adjusts_id: Optional[uuid.UUID] = Field(alias="adjusts_id")
    adjusts_unpriced: bool = Field(alias="adjusts_unpriced")
    api_key_id: Optional[uuid.UUID] = Field(alias="api_key_id")
    cost_usd: Optional[float] = Field(alias="cost_usd")
    created_at: datetime.datetime = Field(alias="created_at")
    endpoint: str = Field(alias="endpoint")
    id: uuid.UUID = Field(alias="id")
    model_name: str = Field(alias="model_name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    pricing_id: Optional[uuid.UUID] = Field(alias="pricing_id")
    recorded_at: datetime.datetime = Field(alias="recorded_at")
    reported_by_client: bool = Field(alias="reported_by_client")
    request_id: Optional[str] = Field(alias="request_id")
    tokens_cached: int = Field(alias="tokens_cached")
    tokens_input: int = Field(alias="tokens_input")
    tokens_output: int = Field(alias="tokens_output")
    tokens_used: int = Field(alias="tokens_used")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")

class PublicApiUsageInsert(TypedDict):
    adjustment_reason: NotRequired[Annotated[Optional[str], Field(alias="adjustment_reason")]]
    adjusts_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="adjusts_id")]]
    adjusts_unpriced: NotRequired[Annotated[bool, Field(alias="adjusts_unpriced")]]
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    cost_usd: NotRequired[Annotated[Optional[float], Field(alias="cost_usd")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    endpoint: Annotated[str, Field(alias="endpoint")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    model_name: Annotated[str, Field(alias="model_name")]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    pricing_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="pricing_id")]]
    recorded_at: NotRequired[Annotated[datetime.datetime, Field(alias="recorded_at")]]
    reported_by_client: NotRequired[Annotated[bool, Field(alias="reported_by_client")]]
    request_id: NotRequired[Annotated[Optional[str], Field(alias="request_id")]]
    tokens_cached: NotRequired[Annotated[int, Field(alias="tokens_cached")]]
    tokens_input: NotRequired[Annotated[int, Field(alias="tokens_input")]]
    tokens_output: NotRequired[Annotated[int, Field(alias="tokens_output")]]
    tokens_used: NotRequired[Annotated[int, Field(alias="tokens_used")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicApiUsageUpdate(TypedDict):
    adjustment_reason: NotRequired[Annotated[Optional[str], Field(alias="adjustment_reason")]]
    adjusts_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="adjusts_id")]]
    adjusts_unpriced: NotRequired[Annotated[bool, Field(alias="adjusts_unpriced")]]
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    cost_usd: NotRequired[Annotated[Optional[float], Field(alias="cost_usd")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    endpoint: NotRequired[Annotated[str, Field(alias="endpoint")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    model_name: NotRequired[Annotated[str, Field(alias="model_name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    pricing_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="pricing_id")]]
    recorded_at: NotRequired[Annotated[datetime.datetime, Field(alias="recorded_at")]]
    reported_by_client: NotRequired[Annotated[bool, Field(alias="reported_by_client")]]
    request_id: NotRequired[Annotated[Optional[str], Field(alias="request_id")]]
    tokens_cached: NotRequired[Annotated[int, Field(alias="tokens_cached")]]
    tokens_input: NotRequired[Annotated[int, Field(alias="tokens_input")]]
    tokens_output: NotRequired[Annotated[int, Field(alias="tokens_output")]]
    tokens_used: NotRequired[Annotated[int, Field(alias="tokens_used")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicChatGenerations(BaseModel):
    cancel_requested_at: Optional[datetime.datetime] = Field(alias="cancel_requested_at")
    citations: JsonValue = Field(alias="citations")
    content: str = Field(alias="content")
    conversation_id: uuid.UUID = Field(alias="conversation_id")
    created_at: datetime.datetime = Field(alias="created_at")
    error: Optional[JsonValue] = Field(alias="error")
    finished_at: Optional[datetime.datetime] = Field(alias="finished_at")
    message_id: uuid.UUID = Field(alias="message_id")
    model_name: Optional[str] = Field(alias="model_name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    question_id: uuid.UUID = Field(alias="question_id")
    reported_at: datetime.datetime = Field(alias="reported_at")
    reservation_id: Optional[uuid.UUID] = Field(alias="reservation_id")
    status: PublicGenerationStatus = Field(alias="status")
    usage: JsonValue = Field(alias="usage")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")
    was_reaped: bool = Field(alias="was_reaped")

class PublicChatGenerationsInsert(TypedDict):
    cancel_requested_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="cancel_requested_at")]]
    citations: NotRequired[Annotated[JsonValue, Field(alias="citations")]]
    content: NotRequired[Annotated[str, Field(alias="content")]]
    conversation_id: Annotated[uuid.UUID, Field(alias="conversation_id")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    error: NotRequired[Annotated[Optional[JsonValue], Field(alias="error")]]
    finished_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="finished_at")]]
    message_id: Annotated[uuid.UUID, Field(alias="message_id")]
    model_name: NotRequired[Annotated[Optional[str], Field(alias="model_name")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    question_id: Annotated[uuid.UUID, Field(alias="question_id")]
    reported_at: NotRequired[Annotated[datetime.datetime, Field(alias="reported_at")]]
    reservation_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="reservation_id")]]
    status: NotRequired[Annotated[PublicGenerationStatus, Field(alias="status")]]
    usage: NotRequired[Annotated[JsonValue, Field(alias="usage")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]
    was_reaped: NotRequired[Annotated[bool, Field(alias="was_reaped")]]

class PublicChatGenerationsUpdate(TypedDict):
    cancel_requested_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="cancel_requested_at")]]
    citations: NotRequired[Annotated[JsonValue, Field(alias="citations")]]
    content: NotRequired[Annotated[str, Field(alias="content")]]
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    error: NotRequired[Annotated[Optional[JsonValue], Field(alias="error")]]
    finished_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="finished_at")]]
    message_id: NotRequired[Annotated[uuid.UUID, Field(alias="message_id")]]
    model_name: NotRequired[Annotated[Optional[str], Field(alias="model_name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    question_id: NotRequired[Annotated[uuid.UUID, Field(alias="question_id")]]
    reported_at: NotRequired[Annotated[datetime.datetime, Field(alias="reported_at")]]
    reservation_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="reservation_id")]]
    status: NotRequired[Annotated[PublicGenerationStatus, Field(alias="status")]]
    usage: NotRequired[Annotated[JsonValue, Field(alias="usage")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]
    was_reaped: NotRequired[Annotated[bool, Field(alias="was_reaped")]]

class PublicConversationParticipants(BaseModel):
    added_by: Optional[uuid.UUID] = Field(alias="added_by")
    conversation_id: uuid.UUID = Field(alias="conversation_id")
    created_at: datetime.datetime = Field(alias="created_at")
    last_read_at: Optional[datetime.datetime] = Field(alias="last_read_at")
    last_read_sequence: int = Field(alias="last_read_sequence")
    organization_id: uuid.UUID = Field(alias="organization_id")
    role: PublicParticipantRole = Field(alias="role")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicConversationParticipantsInsert(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    conversation_id: Annotated[uuid.UUID, Field(alias="conversation_id")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    last_read_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_read_at")]]
    last_read_sequence: NotRequired[Annotated[int, Field(alias="last_read_sequence")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicParticipantRole, Field(alias="role")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicConversationParticipantsUpdate(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    last_read_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_read_at")]]
    last_read_sequence: NotRequired[Annotated[int, Field(alias="last_read_sequence")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicParticipantRole, Field(alias="role")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicConversations(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    id: uuid.UUID = Field(alias="id")
    last_message_at: Optional[datetime.datetime] = Field(alias="last_message_at")
    last_sequence: int = Field(alias="last_sequence")
    metadata: JsonValue = Field(alias="metadata")
    organization_id: uuid.UUID = Field(alias="organization_id")
    title: Optional[str] = Field(alias="title")
    type: PublicConversationType = Field(alias="type")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicConversationsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_message_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_message_at")]]
    last_sequence: NotRequired[Annotated[int, Field(alias="last_sequence")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    title: NotRequired[Annotated[Optional[str], Field(alias="title")]]
    type: NotRequired[Annotated[PublicConversationType, Field(alias="type")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicConversationsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    last_message_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_message_at")]]
    last_sequence: NotRequired[Annotated[int, Field(alias="last_sequence")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    title: NotRequired[Annotated[Optional[str], Field(alias="title")]]
    type: NotRequired[Annotated[PublicConversationType, Field(alias="type")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicDocumentChunks(BaseModel):
    chunk_index: int = Field(alias="chunk_index")
    content: str = Field(alias="content")
    created_at: datetime.datetime = Field(alias="created_at")
    document_id: uuid.UUID = Field(alias="document_id")
    embedding: Optional[list[Any]] = Field(alias="embedding")
    embedding_model: Optional[str] = Field(alias="embedding_model")
    id: uuid.UUID = Field(alias="id")
    metadata: JsonValue = Field(alias="metadata")
    organization_id: uuid.UUID = Field(alias="organization_id")
    token_count: Optional[int] = Field(alias="token_count")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicDocumentChunksInsert(TypedDict):
    chunk_index: NotRequired[Annotated[int, Field(alias="chunk_index")]]
    content: Annotated[str, Field(alias="content")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    document_id: NotRequired[Annotated[uuid.UUID, Field(alias="document_id")]]
    embedding: NotRequired[Annotated[Optional[list[Any]], Field(alias="embedding")]]
    embedding_model: NotRequired[Annotated[Optional[str], Field(alias="embedding_model")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    token_count: NotRequired[Annotated[Optional[int], Field(alias="token_count")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicDocumentChunksUpdate(TypedDict):
    chunk_index: NotRequired[Annotated[int, Field(alias="chunk_index")]]
    content: NotRequired[Annotated[str, Field(alias="content")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    document_id: NotRequired[Annotated[uuid.UUID, Field(alias="document_id")]]
    embedding: NotRequired[Annotated[Optional[list[Any]], Field(alias="embedding")]]
    embedding_model: NotRequired[Annotated[Optional[str], Field(alias="embedding_model")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    token_count: NotRequired[Annotated[Optional[int], Field(alias="token_count")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicDocumentCollections(BaseModel):
    audience: Optional[uuid.UUID] = Field(alias="audience")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    description: Optional[str] = Field(alias="description")
    embedding_model: str = Field(alias="embedding_model")
    id: uuid.UUID = Field(alias="id")
    language: str = Field(alias="language")
    metadata: JsonValue = Field(alias="metadata")
    name: str = Field(alias="name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    team_id: Optional[uuid.UUID] = Field(alias="team_id")
    updated_at: datetime.datetime = Field(alias="updated_at")
    visibility: PublicVisibility = Field(alias="visibility")

class PublicDocumentCollectionsInsert(TypedDict):
    audience: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    embedding_model: NotRequired[Annotated[str, Field(alias="embedding_model")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    language: NotRequired[Annotated[str, Field(alias="language")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    name: Annotated[str, Field(alias="name")]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    visibility: NotRequired[Annotated[PublicVisibility, Field(alias="visibility")]]

class PublicDocumentCollectionsUpdate(TypedDict):
    audience: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    embedding_model: NotRequired[Annotated[str, Field(alias="embedding_model")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    language: NotRequired[Annotated[str, Field(alias="language")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    visibility: NotRequired[Annotated[PublicVisibility, Field(alias="visibility")]]

class PublicDocumentProcessingStatus(BaseModel):
    attempts: int = Field(alias="attempts")
    chunks_completed: int = Field(alias="chunks_completed")
    chunks_total: Optional[int] = Field(alias="chunks_total")
    completed_at: Optional[datetime.datetime] = Field(alias="completed_at")
    created_at: datetime.datetime = Field(alias="created_at")
    document_id: uuid.UUID = Field(alias="document_id")
    error_message: Optional[str] = Field(alias="error_message")
    organization_id: uuid.UUID = Field(alias="organization_id")
    stage: Optional[str] = Field(alias="stage")
    started_at: Optional[datetime.datetime] = Field(alias="started_at")
    status: PublicProcessingStatus = Field(alias="status")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicDocumentProcessingStatusInsert(TypedDict):
    attempts: NotRequired[Annotated[int, Field(alias="attempts")]]
    chunks_completed: NotRequired[Annotated[int, Field(alias="chunks_completed")]]
    chunks_total: NotRequired[Annotated[Optional[int], Field(alias="chunks_total")]]
    completed_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="completed_at")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    document_id: Annotated[uuid.UUID, Field(alias="document_id")]
    error_message: NotRequired[Annotated[Optional[str], Field(alias="error_message")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    stage: NotRequired[Annotated[Optional[str], Field(alias="stage")]]
    started_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="started_at")]]
    status: NotRequired[Annotated[PublicProcessingStatus, Field(alias="status")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicDocumentProcessingStatusUpdate(TypedDict):
    attempts: NotRequired[Annotated[int, Field(alias="attempts")]]
    chunks_completed: NotRequired[Annotated[int, Field(alias="chunks_completed")]]
    chunks_total: NotRequired[Annotated[Optional[int], Field(alias="chunks_total")]]
    completed_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="completed_at")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    document_id: NotRequired[Annotated[uuid.UUID, Field(alias="document_id")]]
    error_message: NotRequired[Annotated[Optional[str], Field(alias="error_message")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    stage: NotRequired[Annotated[Optional[str], Field(alias="stage")]]
    started_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="started_at")]]
    status: NotRequired[Annotated[PublicProcessingStatus, Field(alias="status")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicDocuments(BaseModel):
    audience: Optional[uuid.UUID] = Field(alias="audience")
    collection_id: Optional[uuid.UUID] = Field(alias="collection_id")
    content: Optional[str] = Field(alias="content")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    id: uuid.UUID = Field(alias="id")
    metadata: JsonValue = Field(alias="metadata")
    mime_type: Optional[str] = Field(alias="mime_type")
    organization_id: uuid.UUID = Field(alias="organization_id")
    source_url: Optional[str] = Field(alias="source_url")
    storage_path: Optional[str] = Field(alias="storage_path")
    team_id: Optional[uuid.UUID] = Field(alias="team_id")
    title: str = Field(alias="title")
    updated_at: datetime.datetime = Field(alias="updated_at")
    visibility: PublicVisibility = Field(alias="visibility")

class PublicDocumentsInsert(TypedDict):
    audience: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience")]]
    collection_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="collection_id")]]
    content: NotRequired[Annotated[Optional[str], Field(alias="content")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    mime_type: NotRequired[Annotated[Optional[str], Field(alias="mime_type")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    source_url: NotRequired[Annotated[Optional[str], Field(alias="source_url")]]
    storage_path: NotRequired[Annotated[Optional[str], Field(alias="storage_path")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    title: Annotated[str, Field(alias="title")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    visibility: NotRequired[Annotated[PublicVisibility, Field(alias="visibility")]]

class PublicDocumentsUpdate(TypedDict):
    audience: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="audience")]]
    collection_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="collection_id")]]
    content: NotRequired[Annotated[Optional[str], Field(alias="content")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    mime_type: NotRequired[Annotated[Optional[str], Field(alias="mime_type")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    source_url: NotRequired[Annotated[Optional[str], Field(alias="source_url")]]
    storage_path: NotRequired[Annotated[Optional[str], Field(alias="storage_path")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    title: NotRequired[Annotated[str, Field(alias="title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    visibility: NotRequired[Annotated[PublicVisibility, Field(alias="visibility")]]

class PublicInvitationLimits(BaseModel):
    per_day: int = Field(alias="per_day")
    per_member: int = Field(alias="per_member")
    plan_type: PublicPlanType = Field(alias="plan_type")
    to_address: int = Field(alias="to_address")
    to_mailbox: int = Field(alias="to_mailbox")

class PublicInvitationLimitsInsert(TypedDict):
    per_day: Annotated[int, Field(alias="per_day")]
    per_member: Annotated[int, Field(alias="per_member")]
    plan_type: Annotated[PublicPlanType, Field(alias="plan_type")]
    to_address: Annotated[int, Field(alias="to_address")]
    to_mailbox: Annotated[int, Field(alias="to_mailbox")]

class PublicInvitationLimitsUpdate(TypedDict):
    per_day: NotRequired[Annotated[int, Field(alias="per_day")]]
    per_member: NotRequired[Annotated[int, Field(alias="per_member")]]
    plan_type: NotRequired[Annotated[PublicPlanType, Field(alias="plan_type")]]
    to_address: NotRequired[Annotated[int, Field(alias="to_address")]]
    to_mailbox: NotRequired[Annotated[int, Field(alias="to_mailbox")]]

class PublicMaintenanceJobs(BaseModel):
    command: str = Field(alias="command")
    created_at: datetime.datetime = Field(alias="created_at")
    description: str = Field(alias="description")
    is_enabled: bool = Field(alias="is_enabled")
    name: str = Field(alias="name")
    next_run_at: datetime.datetime = Field(alias="next_run_at")
    place: int = Field(alias="place")
    schedule: str = Field(alias="schedule")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicMaintenanceJobsInsert(TypedDict):
    command: Annotated[str, Field(alias="command")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    description: Annotated[str, Field(alias="description")]
    is_enabled: NotRequired[Annotated[bool, Field(alias="is_enabled")]]
    name: Annotated[str, Field(alias="name")]
    next_run_at: NotRequired[Annotated[datetime.datetime, Field(alias="next_run_at")]]
    place: NotRequired[Annotated[int, Field(alias="place")]]
    schedule: Annotated[str, Field(alias="schedule")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicMaintenanceJobsUpdate(TypedDict):
    command: NotRequired[Annotated[str, Field(alias="command")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    description: NotRequired[Annotated[str, Field(alias="description")]]
    is_enabled: NotRequired[Annotated[bool, Field(alias="is_enabled")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    next_run_at: NotRequired[Annotated[datetime.datetime, Field(alias="next_run_at")]]
    place: NotRequired[Annotated[int, Field(alias="place")]]
    schedule: NotRequired[Annotated[str, Field(alias="schedule")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicMaintenanceRuns(BaseModel):
    error: Optional[str] = Field(alias="error")
    finished_at: datetime.datetime = Field(alias="finished_at")
    id: uuid.UUID = Field(alias="id")
    job: str = Field(alias="job")
    row_count: Optional[int] = Field(alias="row_count")
    started_at: datetime.datetime = Field(alias="started_at")

class PublicMaintenanceRunsInsert(TypedDict):
    error: NotRequired[Annotated[Optional[str], Field(alias="error")]]
    finished_at: Annotated[datetime.datetime, Field(alias="finished_at")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    job: Annotated[str, Field(alias="job")]
    row_count: NotRequired[Annotated[Optional[int], Field(alias="row_count")]]
    started_at: Annotated[datetime.datetime, Field(alias="started_at")]

class PublicMaintenanceRunsUpdate(TypedDict):
    error: NotRequired[Annotated[Optional[str], Field(alias="error")]]
    finished_at: NotRequired[Annotated[datetime.datetime, Field(alias="finished_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    job: NotRequired[Annotated[str, Field(alias="job")]]
    row_count: NotRequired[Annotated[Optional[int], Field(alias="row_count")]]
    started_at: NotRequired[Annotated[datetime.datetime, Field(alias="started_at")]]

class PublicMessageReactions(BaseModel):
    conversation_id: uuid.UUID = Field(alias="conversation_id")
    created_at: datetime.datetime = Field(alias="created_at")
    message_id: uuid.UUID = Field(alias="message_id")
    organization_id: uuid.UUID = Field(alias="organization_id")
    reaction: str = Field(alias="reaction")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicMessageReactionsInsert(TypedDict):
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    message_id: Annotated[uuid.UUID, Field(alias="message_id")]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    reaction: Annotated[str, Field(alias="reaction")]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicMessageReactionsUpdate(TypedDict):
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    message_id: NotRequired[Annotated[uuid.UUID, Field(alias="message_id")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    reaction: NotRequired[Annotated[str, Field(alias="reaction")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicMessages(BaseModel):
    content: str = Field(alias="content")
    conversation_id: uuid.UUID = Field(alias="conversation_id")
    created_at: datetime.datetime = Field(alias="created_at")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    edited_at: Optional[datetime.datetime] = Field(alias="edited_at")
    id: uuid.UUID = Field(alias="id")
    metadata: JsonValue = Field(alias="metadata")
    model_name: Optional[str] = Field(alias="model_name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    role: PublicMessageRole = Field(alias="role")
    sequence: int = Field(alias="sequence")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")

class PublicMessagesInsert(TypedDict):
    content: Annotated[str, Field(alias="content")]
    conversation_id: Annotated[uuid.UUID, Field(alias="conversation_id")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    edited_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="edited_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    model_name: NotRequired[Annotated[Optional[str], Field(alias="model_name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicMessageRole, Field(alias="role")]]
    sequence: Annotated[int, Field(alias="sequence")]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicMessagesUpdate(TypedDict):
    content: NotRequired[Annotated[str, Field(alias="content")]]
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    edited_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="edited_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    model_name: NotRequired[Annotated[Optional[str], Field(alias="model_name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicMessageRole, Field(alias="role")]]
    sequence: NotRequired[Annotated[int, Field(alias="sequence")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicModelPricing(BaseModel):
    cached_input_per_million: Optional[float] = Field(alias="cached_input_per_million")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    input_per_million: float = Field(alias="input_per_million")
    model_name: str = Field(alias="model_name")
    output_per_million: float = Field(alias="output_per_million")
    superseded_at: Optional[datetime.datetime] = Field(alias="superseded_at")
    valid_from: datetime.datetime = Field(alias="valid_from")

class PublicModelPricingInsert(TypedDict):
    cached_input_per_million: NotRequired[Annotated[Optional[float], Field(alias="cached_input_per_million")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    input_per_million: Annotated[float, Field(alias="input_per_million")]
    model_name: Annotated[str, Field(alias="model_name")]
    output_per_million: Annotated[float, Field(alias="output_per_million")]
    superseded_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="superseded_at")]]
    valid_from: NotRequired[Annotated[datetime.datetime, Field(alias="valid_from")]]

class PublicModelPricingUpdate(TypedDict):
    cached_input_per_million: NotRequired[Annotated[Optional[float], Field(alias="cached_input_per_million")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    input_per_million: NotRequired[Annotated[float, Field(alias="input_per_million")]]
    model_name: NotRequired[Annotated[str, Field(alias="model_name")]]
    output_per_million: NotRequired[Annotated[float, Field(alias="output_per_million")]]
    superseded_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="superseded_at")]]
    valid_from: NotRequired[Annotated[datetime.datetime, Field(alias="valid_from")]]

class PublicOrganizationApiKeys(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    expires_at: Optional[datetime.datetime] = Field(alias="expires_at")
    id: uuid.UUID = Field(alias="id")
    key_hash: bytes = Field(alias="key_hash")
    key_prefix: str = Field(alias="key_prefix")
    last_used_at: Optional[datetime.datetime] = Field(alias="last_used_at")
    name: str = Field(alias="name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    revoked_at: Optional[datetime.datetime] = Field(alias="revoked_at")
    scopes: Optional[List[str]] = Field(alias="scopes")

class PublicOrganizationApiKeysInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    key_hash: Annotated[bytes, Field(alias="key_hash")]
    key_prefix: Annotated[str, Field(alias="key_prefix")]
    last_used_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_used_at")]]
    name: Annotated[str, Field(alias="name")]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    revoked_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="revoked_at")]]
    scopes: NotRequired[Annotated[Optional[List[str]], Field(alias="scopes")]]

class PublicOrganizationApiKeysUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    key_hash: NotRequired[Annotated[bytes, Field(alias="key_hash")]]
    key_prefix: NotRequired[Annotated[str, Field(alias="key_prefix")]]
    last_used_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="last_used_at")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    revoked_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="revoked_at")]]
    scopes: NotRequired[Annotated[Optional[List[str]], Field(alias="scopes")]]

class PublicOrganizationAuditLog(BaseModel):
    action: str = Field(alias="action")
    actor_id: Optional[uuid.UUID] = Field(alias="actor_id")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    new_values: Optional[JsonValue] = Field(alias="new_values")
    old_values: Optional[JsonValue] = Field(alias="old_values")
    organization_id: uuid.UUID = Field(alias="organization_id")
    record: JsonValue = Field(alias="record")
    table_name: str = Field(alias="table_name")

class PublicOrganizationAuditLogInsert(TypedDict):
    action: Annotated[str, Field(alias="action")]
    actor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="actor_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    new_values: NotRequired[Annotated[Optional[JsonValue], Field(alias="new_values")]]
    old_values: NotRequired[Annotated[Optional[JsonValue], Field(alias="old_values")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    record: Annotated[JsonValue, Field(alias="record")]
    table_name: Annotated[str, Field(alias="table_name")]

class PublicOrganizationAuditLogUpdate(TypedDict):
    action: NotRequired[Annotated[str, Field(alias="action")]]
    actor_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="actor_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    new_values: NotRequired[Annotated[Optional[JsonValue], Field(alias="new_values")]]
    old_values: NotRequired[Annotated[Optional[JsonValue], Field(alias="old_values")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    record: NotRequired[Annotated[JsonValue, Field(alias="record")]]
    table_name: NotRequired[Annotated[str, Field(alias="table_name")]]

class PublicOrganizationInvitations(BaseModel):
    accepted_at: Optional[datetime.datetime] = Field(alias="accepted_at")
    accepted_by: Optional[uuid.UUID] = Field(alias="accepted_by")
    created_at: datetime.datetime = Field(alias="created_at")
    email: str = Field(alias="email")
    expires_at: datetime.datetime = Field(alias="expires_at")
    id: uuid.UUID = Field(alias="id")
    invited_by: Optional[uuid.UUID] = Field(alias="invited_by")
    organization_id: uuid.UUID = Field(alias="organization_id")
    revoked_at: Optional[datetime.datetime] = Field(alias="revoked_at")
    role: PublicOrganizationRole = Field(alias="role")
    team_id: Optional[uuid.UUID] = Field(alias="team_id")
    token_hash: bytes = Field(alias="token_hash")

class PublicOrganizationInvitationsInsert(TypedDict):
    accepted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="accepted_at")]]
    accepted_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="accepted_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    email: Annotated[str, Field(alias="email")]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    invited_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="invited_by")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    revoked_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="revoked_at")]]
    role: NotRequired[Annotated[PublicOrganizationRole, Field(alias="role")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    token_hash: Annotated[bytes, Field(alias="token_hash")]

class PublicOrganizationInvitationsUpdate(TypedDict):
    accepted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="accepted_at")]]
    accepted_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="accepted_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    email: NotRequired[Annotated[str, Field(alias="email")]]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    invited_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="invited_by")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    revoked_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="revoked_at")]]
    role: NotRequired[Annotated[PublicOrganizationRole, Field(alias="role")]]
    team_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="team_id")]]
    token_hash: NotRequired[Annotated[bytes, Field(alias="token_hash")]]

class PublicOrganizationMembers(BaseModel):
    added_by: Optional[uuid.UUID] = Field(alias="added_by")
    created_at: datetime.datetime = Field(alias="created_at")
    organization_id: uuid.UUID = Field(alias="organization_id")
    role: PublicOrganizationRole = Field(alias="role")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicOrganizationMembersInsert(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    role: NotRequired[Annotated[PublicOrganizationRole, Field(alias="role")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicOrganizationMembersUpdate(TypedDict):
    added_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="added_by")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicOrganizationRole, Field(alias="role")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicOrganizations(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    id: uuid.UUID = Field(alias="id")
    is_personal: bool = Field(alias="is_personal")
    logo_url: Optional[str] = Field(alias="logo_url")
    name: str = Field(alias="name")
    plan_type: PublicPlanType = Field(alias="plan_type")
    settings: JsonValue = Field(alias="settings")
    slug: str = Field(alias="slug")
    time_zone: str = Field(alias="time_zone")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicOrganizationsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_personal: NotRequired[Annotated[bool, Field(alias="is_personal")]]
    logo_url: NotRequired[Annotated[Optional[str], Field(alias="logo_url")]]
    name: Annotated[str, Field(alias="name")]
    plan_type: NotRequired[Annotated[PublicPlanType, Field(alias="plan_type")]]
    settings: NotRequired[Annotated[JsonValue, Field(alias="settings")]]
    slug: Annotated[str, Field(alias="slug")]
    time_zone: NotRequired[Annotated[str, Field(alias="time_zone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicOrganizationsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    is_personal: NotRequired[Annotated[bool, Field(alias="is_personal")]]
    logo_url: NotRequired[Annotated[Optional[str], Field(alias="logo_url")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    plan_type: NotRequired[Annotated[PublicPlanType, Field(alias="plan_type")]]
    settings: NotRequired[Annotated[JsonValue, Field(alias="settings")]]
    slug: NotRequired[Annotated[str, Field(alias="slug")]]
    time_zone: NotRequired[Annotated[str, Field(alias="time_zone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicTeamMembers(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    organization_id: uuid.UUID = Field(alias="organization_id")
    role: PublicTeamRole = Field(alias="role")
    team_id: uuid.UUID = Field(alias="team_id")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicTeamMembersInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicTeamRole, Field(alias="role")]]
    team_id: Annotated[uuid.UUID, Field(alias="team_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicTeamMembersUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    role: NotRequired[Annotated[PublicTeamRole, Field(alias="role")]]
    team_id: NotRequired[Annotated[uuid.UUID, Field(alias="team_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicTeams(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    deleted_at: Optional[datetime.datetime] = Field(alias="deleted_at")
    description: Optional[str] = Field(alias="description")
    id: uuid.UUID = Field(alias="id")
    name: str = Field(alias="name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    updated_at: datetime.datetime = Field(alias="updated_at")

class PublicTeamsInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: Annotated[str, Field(alias="name")]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicTeamsUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    deleted_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="deleted_at")]]
    description: NotRequired[Annotated[Optional[str], Field(alias="description")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    name: NotRequired[Annotated[str, Field(alias="name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]

class PublicTokenUsageSummary(BaseModel):
    api_key_id: Optional[uuid.UUID] = Field(alias="api_key_id")
    cost_usd: float = Field(alias="cost_usd")
    endpoint: str = Field(alias="endpoint")
    model_name: str = Field(alias="model_name")
    organization_id: uuid.UUID = Field(alias="organization_id")
    period: PublicSummaryPeriod = Field(alias="period")
    period_start: datetime.datetime = Field(alias="period_start")
    reported_by_client: bool = Field(alias="reported_by_client")
    requests: int = Field(alias="requests")
    series_id: uuid.UUID = Field(alias="series_id")
    tokens_cached: int = Field(alias="tokens_cached")
    tokens_input: int = Field(alias="tokens_input")
    tokens_output: int = Field(alias="tokens_output")
    tokens_used: int = Field(alias="tokens_used")
    unpriced: int = Field(alias="unpriced")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")

class PublicTokenUsageSummaryInsert(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    cost_usd: Annotated[float, Field(alias="cost_usd")]
    endpoint: Annotated[str, Field(alias="endpoint")]
    model_name: Annotated[str, Field(alias="model_name")]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    period: Annotated[PublicSummaryPeriod, Field(alias="period")]
    period_start: Annotated[datetime.datetime, Field(alias="period_start")]
    reported_by_client: Annotated[bool, Field(alias="reported_by_client")]
    requests: Annotated[int, Field(alias="requests")]
    series_id: Annotated[uuid.UUID, Field(alias="series_id")]
    tokens_cached: Annotated[int, Field(alias="tokens_cached")]
    tokens_input: Annotated[int, Field(alias="tokens_input")]
    tokens_output: Annotated[int, Field(alias="tokens_output")]
    tokens_used: NotRequired[Annotated[int, Field(alias="tokens_used")]]
    unpriced: Annotated[int, Field(alias="unpriced")]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicTokenUsageSummaryUpdate(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    cost_usd: NotRequired[Annotated[float, Field(alias="cost_usd")]]
    endpoint: NotRequired[Annotated[str, Field(alias="endpoint")]]
    model_name: NotRequired[Annotated[str, Field(alias="model_name")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    period: NotRequired[Annotated[PublicSummaryPeriod, Field(alias="period")]]
    period_start: NotRequired[Annotated[datetime.datetime, Field(alias="period_start")]]
    reported_by_client: NotRequired[Annotated[bool, Field(alias="reported_by_client")]]
    requests: NotRequired[Annotated[int, Field(alias="requests")]]
    series_id: NotRequired[Annotated[uuid.UUID, Field(alias="series_id")]]
    tokens_cached: NotRequired[Annotated[int, Field(alias="tokens_cached")]]
    tokens_input: NotRequired[Annotated[int, Field(alias="tokens_input")]]
    tokens_output: NotRequired[Annotated[int, Field(alias="tokens_output")]]
    tokens_used: NotRequired[Annotated[int, Field(alias="tokens_used")]]
    unpriced: NotRequired[Annotated[int, Field(alias="unpriced")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicTypingIndicators(BaseModel):
    conversation_id: uuid.UUID = Field(alias="conversation_id")
    expires_at: datetime.datetime = Field(alias="expires_at")
    organization_id: uuid.UUID = Field(alias="organization_id")
    started_at: datetime.datetime = Field(alias="started_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicTypingIndicatorsInsert(TypedDict):
    conversation_id: Annotated[uuid.UUID, Field(alias="conversation_id")]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    started_at: NotRequired[Annotated[datetime.datetime, Field(alias="started_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicTypingIndicatorsUpdate(TypedDict):
    conversation_id: NotRequired[Annotated[uuid.UUID, Field(alias="conversation_id")]]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    started_at: NotRequired[Annotated[datetime.datetime, Field(alias="started_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUsageAlerts(BaseModel):
    api_key_id: Optional[uuid.UUID] = Field(alias="api_key_id")
    created_at: datetime.datetime = Field(alias="created_at")
    id: uuid.UUID = Field(alias="id")
    limit_value: float = Field(alias="limit_value")
    metric: PublicQuotaMetric = Field(alias="metric")
    organization_id: uuid.UUID = Field(alias="organization_id")
    period: PublicQuotaPeriod = Field(alias="period")
    period_start: datetime.datetime = Field(alias="period_start")
    quota_id: uuid.UUID = Field(alias="quota_id")
    scope: PublicQuotaScope = Field(alias="scope")
    spent: float = Field(alias="spent")
    threshold: int = Field(alias="threshold")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")

class PublicUsageAlertsInsert(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    limit_value: Annotated[float, Field(alias="limit_value")]
    metric: Annotated[PublicQuotaMetric, Field(alias="metric")]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    period: Annotated[PublicQuotaPeriod, Field(alias="period")]
    period_start: Annotated[datetime.datetime, Field(alias="period_start")]
    quota_id: Annotated[uuid.UUID, Field(alias="quota_id")]
    scope: Annotated[PublicQuotaScope, Field(alias="scope")]
    spent: Annotated[float, Field(alias="spent")]
    threshold: Annotated[int, Field(alias="threshold")]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicUsageAlertsUpdate(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    limit_value: NotRequired[Annotated[float, Field(alias="limit_value")]]
    metric: NotRequired[Annotated[PublicQuotaMetric, Field(alias="metric")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    period: NotRequired[Annotated[PublicQuotaPeriod, Field(alias="period")]]
    period_start: NotRequired[Annotated[datetime.datetime, Field(alias="period_start")]]
    quota_id: NotRequired[Annotated[uuid.UUID, Field(alias="quota_id")]]
    scope: NotRequired[Annotated[PublicQuotaScope, Field(alias="scope")]]
    spent: NotRequired[Annotated[float, Field(alias="spent")]]
    threshold: NotRequired[Annotated[int, Field(alias="threshold")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicUsageCredits(BaseModel):
    amount_usd: float = Field(alias="amount_usd")
    created_at: datetime.datetime = Field(alias="created_at")
    expires_at: Optional[datetime.datetime] = Field(alias="expires_at")
    id: uuid.UUID = Field(alias="id")
    kind: PublicCreditKind = Field(alias="kind")
    note: Optional[str] = Field(alias="note")
    organization_id: uuid.UUID = Field(alias="organization_id")
    remaining_usd: float = Field(alias="remaining_usd")
    request_id: Optional[str] = Field(alias="request_id")

class PublicUsageCreditsInsert(TypedDict):
    amount_usd: Annotated[float, Field(alias="amount_usd")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    kind: Annotated[PublicCreditKind, Field(alias="kind")]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    remaining_usd: Annotated[float, Field(alias="remaining_usd")]
    request_id: NotRequired[Annotated[Optional[str], Field(alias="request_id")]]

class PublicUsageCreditsUpdate(TypedDict):
    amount_usd: NotRequired[Annotated[float, Field(alias="amount_usd")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    kind: NotRequired[Annotated[PublicCreditKind, Field(alias="kind")]]
    note: NotRequired[Annotated[Optional[str], Field(alias="note")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    remaining_usd: NotRequired[Annotated[float, Field(alias="remaining_usd")]]
    request_id: NotRequired[Annotated[Optional[str], Field(alias="request_id")]]

class PublicUsageQuotas(BaseModel):
    api_key_id: Optional[uuid.UUID] = Field(alias="api_key_id")
    created_at: datetime.datetime = Field(alias="created_at")
    created_by: Optional[uuid.UUID] = Field(alias="created_by")
    id: uuid.UUID = Field(alias="id")
    kind: PublicQuotaKind = Field(alias="kind")
    limit_value: float = Field(alias="limit_value")
    metric: PublicQuotaMetric = Field(alias="metric")
    organization_id: uuid.UUID = Field(alias="organization_id")
    period: PublicQuotaPeriod = Field(alias="period")
    scope: PublicQuotaScope = Field(alias="scope")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: Optional[uuid.UUID] = Field(alias="user_id")

class PublicUsageQuotasInsert(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    kind: NotRequired[Annotated[PublicQuotaKind, Field(alias="kind")]]
    limit_value: Annotated[float, Field(alias="limit_value")]
    metric: Annotated[PublicQuotaMetric, Field(alias="metric")]
    organization_id: Annotated[uuid.UUID, Field(alias="organization_id")]
    period: Annotated[PublicQuotaPeriod, Field(alias="period")]
    scope: NotRequired[Annotated[PublicQuotaScope, Field(alias="scope")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicUsageQuotasUpdate(TypedDict):
    api_key_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="api_key_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    created_by: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="created_by")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    kind: NotRequired[Annotated[PublicQuotaKind, Field(alias="kind")]]
    limit_value: NotRequired[Annotated[float, Field(alias="limit_value")]]
    metric: NotRequired[Annotated[PublicQuotaMetric, Field(alias="metric")]]
    organization_id: NotRequired[Annotated[uuid.UUID, Field(alias="organization_id")]]
    period: NotRequired[Annotated[PublicQuotaPeriod, Field(alias="period")]]
    scope: NotRequired[Annotated[PublicQuotaScope, Field(alias="scope")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="user_id")]]

class PublicUserConnections(BaseModel):
    access_token_encrypted: str = Field(alias="access_token_encrypted")
    created_at: datetime.datetime = Field(alias="created_at")
    encryption_key_id: str = Field(alias="encryption_key_id")
    id: uuid.UUID = Field(alias="id")
    metadata: JsonValue = Field(alias="metadata")
    provider: str = Field(alias="provider")
    provider_account_id: str = Field(alias="provider_account_id")
    refresh_token_encrypted: Optional[str] = Field(alias="refresh_token_encrypted")
    scopes: List[str] = Field(alias="scopes")
    token_expires_at: Optional[datetime.datetime] = Field(alias="token_expires_at")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicUserConnectionsInsert(TypedDict):
    access_token_encrypted: Annotated[str, Field(alias="access_token_encrypted")]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    encryption_key_id: Annotated[str, Field(alias="encryption_key_id")]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    provider: Annotated[str, Field(alias="provider")]
    provider_account_id: Annotated[str, Field(alias="provider_account_id")]
    refresh_token_encrypted: NotRequired[Annotated[Optional[str], Field(alias="refresh_token_encrypted")]]
    scopes: NotRequired[Annotated[List[str], Field(alias="scopes")]]
    token_expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="token_expires_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicUserConnectionsUpdate(TypedDict):
    access_token_encrypted: NotRequired[Annotated[str, Field(alias="access_token_encrypted")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    encryption_key_id: NotRequired[Annotated[str, Field(alias="encryption_key_id")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    metadata: NotRequired[Annotated[JsonValue, Field(alias="metadata")]]
    provider: NotRequired[Annotated[str, Field(alias="provider")]]
    provider_account_id: NotRequired[Annotated[str, Field(alias="provider_account_id")]]
    refresh_token_encrypted: NotRequired[Annotated[Optional[str], Field(alias="refresh_token_encrypted")]]
    scopes: NotRequired[Annotated[List[str], Field(alias="scopes")]]
    token_expires_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="token_expires_at")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUserNotifications(BaseModel):
    body: Optional[str] = Field(alias="body")
    created_at: datetime.datetime = Field(alias="created_at")
    data: JsonValue = Field(alias="data")
    id: uuid.UUID = Field(alias="id")
    read_at: Optional[datetime.datetime] = Field(alias="read_at")
    title: str = Field(alias="title")
    type: str = Field(alias="type")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicUserNotificationsInsert(TypedDict):
    body: NotRequired[Annotated[Optional[str], Field(alias="body")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    data: NotRequired[Annotated[JsonValue, Field(alias="data")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    read_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="read_at")]]
    title: Annotated[str, Field(alias="title")]
    type: Annotated[str, Field(alias="type")]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicUserNotificationsUpdate(TypedDict):
    body: NotRequired[Annotated[Optional[str], Field(alias="body")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    data: NotRequired[Annotated[JsonValue, Field(alias="data")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    read_at: NotRequired[Annotated[Optional[datetime.datetime], Field(alias="read_at")]]
    title: NotRequired[Annotated[str, Field(alias="title")]]
    type: NotRequired[Annotated[str, Field(alias="type")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUserPreferences(BaseModel):
    created_at: datetime.datetime = Field(alias="created_at")
    email_notifications: bool = Field(alias="email_notifications")
    language: str = Field(alias="language")
    push_notifications: bool = Field(alias="push_notifications")
    settings: JsonValue = Field(alias="settings")
    theme: str = Field(alias="theme")
    time_zone: str = Field(alias="time_zone")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicUserPreferencesInsert(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    email_notifications: NotRequired[Annotated[bool, Field(alias="email_notifications")]]
    language: NotRequired[Annotated[str, Field(alias="language")]]
    push_notifications: NotRequired[Annotated[bool, Field(alias="push_notifications")]]
    settings: NotRequired[Annotated[JsonValue, Field(alias="settings")]]
    theme: NotRequired[Annotated[str, Field(alias="theme")]]
    time_zone: NotRequired[Annotated[str, Field(alias="time_zone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicUserPreferencesUpdate(TypedDict):
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    email_notifications: NotRequired[Annotated[bool, Field(alias="email_notifications")]]
    language: NotRequired[Annotated[str, Field(alias="language")]]
    push_notifications: NotRequired[Annotated[bool, Field(alias="push_notifications")]]
    settings: NotRequired[Annotated[JsonValue, Field(alias="settings")]]
    theme: NotRequired[Annotated[str, Field(alias="theme")]]
    time_zone: NotRequired[Annotated[str, Field(alias="time_zone")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUserProfiles(BaseModel):
    avatar_url: Optional[str] = Field(alias="avatar_url")
    bio: Optional[str] = Field(alias="bio")
    created_at: datetime.datetime = Field(alias="created_at")
    full_name: Optional[str] = Field(alias="full_name")
    job_title: Optional[str] = Field(alias="job_title")
    updated_at: datetime.datetime = Field(alias="updated_at")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicUserProfilesInsert(TypedDict):
    avatar_url: NotRequired[Annotated[Optional[str], Field(alias="avatar_url")]]
    bio: NotRequired[Annotated[Optional[str], Field(alias="bio")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    full_name: NotRequired[Annotated[Optional[str], Field(alias="full_name")]]
    job_title: NotRequired[Annotated[Optional[str], Field(alias="job_title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: Annotated[uuid.UUID, Field(alias="user_id")]

class PublicUserProfilesUpdate(TypedDict):
    avatar_url: NotRequired[Annotated[Optional[str], Field(alias="avatar_url")]]
    bio: NotRequired[Annotated[Optional[str], Field(alias="bio")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    full_name: NotRequired[Annotated[Optional[str], Field(alias="full_name")]]
    job_title: NotRequired[Annotated[Optional[str], Field(alias="job_title")]]
    updated_at: NotRequired[Annotated[datetime.datetime, Field(alias="updated_at")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUserSessions(BaseModel):
    auth_session_id: Optional[uuid.UUID] = Field(alias="auth_session_id")
    created_at: datetime.datetime = Field(alias="created_at")
    device_name: Optional[str] = Field(alias="device_name")
    expires_at: datetime.datetime = Field(alias="expires_at")
    id: uuid.UUID = Field(alias="id")
    ip_address: Optional[PgCatalogInet] = Field(alias="ip_address")
    last_active_at: datetime.datetime = Field(alias="last_active_at")
    user_agent: Optional[str] = Field(alias="user_agent")
    user_id: uuid.UUID = Field(alias="user_id")

class PublicUserSessionsInsert(TypedDict):
    auth_session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="auth_session_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    device_name: NotRequired[Annotated[Optional[str], Field(alias="device_name")]]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    ip_address: NotRequired[Annotated[Optional[PgCatalogInet], Field(alias="ip_address")]]
    last_active_at: NotRequired[Annotated[datetime.datetime, Field(alias="last_active_at")]]
    user_agent: NotRequired[Annotated[Optional[str], Field(alias="user_agent")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]

class PublicUserSessionsUpdate(TypedDict):
    auth_session_id: NotRequired[Annotated[Optional[uuid.UUID], Field(alias="auth_session_id")]]
    created_at: NotRequired[Annotated[datetime.datetime, Field(alias="created_at")]]
    device_name: NotRequired[Annotated[Optional[str], Field(alias="device_name")]]
    expires_at: NotRequired[Annotated[datetime.datetime, Field(alias="expires_at")]]
    id: NotRequired[Annotated[uuid.UUID, Field(alias="id")]]
    ip_address: NotRequired[Annotated[Optional[PgCatalogInet], Field(alias="ip_address")]]
    last_active_at: NotRequired[Annotated[datetime.datetime, Field(alias="last_active_at")]]
    user_agent: NotRequired[Annotated[Optional[str], Field(alias="user_agent")]]
    user_id: NotRequired[Annotated[uuid.UUID, Field(alias="user_id")]]
