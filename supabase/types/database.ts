export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      api_usage: {
        Row: {
          adjustment_reason: string | null;
          adjusts_id: string | null;
          adjusts_unpriced: boolean;
          api_key_id: string | null;
          cost_usd: number | null;
          created_at: string;
          endpoint: string;
          id: string;
          model_name: string;
          organization_id: string;
          pricing_id: string | null;
          recorded_at: string;
          reported_by_client: boolean;
          request_id: string | null;
          tokens_cached: number;
          tokens_input: number;
          tokens_output: number;
          tokens_used: number;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          adjustment_reason?: string | null;
          adjusts_id?: string | null;
          adjusts_unpriced?: boolean;
          api_key_id?: string | null;
          cost_usd?: number | null;
          created_at?: string;
          endpoint: string;
          id?: string;
          model_name: string;
          organization_id?: string;
          pricing_id?: string | null;
          recorded_at?: string;
          reported_by_client?: boolean;
          request_id?: string | null;
          tokens_cached?: number;
          tokens_input?: number;
          tokens_output?: number;
          tokens_used?: never;
          user_id?: string | null;
        };
        Update: {
          adjustment_reason?: string | null;
          adjusts_id?: string | null;
          adjusts_unpriced?: boolean;
          api_key_id?: string | null;
          cost_usd?: number | null;
          created_at?: string;
          endpoint?: string;
          id?: string;
          model_name?: string;
          organization_id?: string;
          pricing_id?: string | null;
          recorded_at?: string;
          reported_by_client?: boolean;
          request_id?: string | null;
          tokens_cached?: number;
          tokens_input?: number;
          tokens_output?: number;
          tokens_used?: never;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "api_usage_organization_id_api_key_id_fkey";
            columns: ["organization_id", "api_key_id"];
            isOneToOne: false;
            referencedRelation: "organization_api_keys";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "api_usage_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "api_usage_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      chat_generations: {
        Row: {
          cancel_requested_at: string | null;
          citations: NonNullable<Json>;
          content: string;
          conversation_id: string;
          created_at: string;
          error: Json | null;
          finished_at: string | null;
          message_id: string;
          model_name: string | null;
          organization_id: string;
          question_id: string;
          reported_at: string;
          reservation_id: string | null;
          status: Database["public"]["Enums"]["generation_status"];
          usage: NonNullable<Json>;
          user_id: string | null;
          was_reaped: boolean;
        };
        ComputedFields: never;
        Insert: {
          cancel_requested_at?: string | null;
          citations?: NonNullable<Json>;
          content?: string;
          conversation_id: string;
          created_at?: string;
          error?: Json | null;
          finished_at?: string | null;
          message_id: string;
          model_name?: string | null;
          organization_id: string;
          question_id: string;
          reported_at?: string;
          reservation_id?: string | null;
          status?: Database["public"]["Enums"]["generation_status"];
          usage?: NonNullable<Json>;
          user_id?: string | null;
          was_reaped?: boolean;
        };
        Update: {
          cancel_requested_at?: string | null;
          citations?: NonNullable<Json>;
          content?: string;
          conversation_id?: string;
          created_at?: string;
          error?: Json | null;
          finished_at?: string | null;
          message_id?: string;
          model_name?: string | null;
          organization_id?: string;
          question_id?: string;
          reported_at?: string;
          reservation_id?: string | null;
          status?: Database["public"]["Enums"]["generation_status"];
          usage?: NonNullable<Json>;
          user_id?: string | null;
          was_reaped?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "chat_generations_organization_id_conversation_id_fkey";
            columns: ["organization_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "chat_generations_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      conversation_participants: {
        Row: {
          added_by: string | null;
          conversation_id: string;
          created_at: string;
          last_read_at: string | null;
          last_read_sequence: number;
          organization_id: string;
          role: Database["public"]["Enums"]["participant_role"];
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          added_by?: string | null;
          conversation_id: string;
          created_at?: string;
          last_read_at?: string | null;
          last_read_sequence?: number;
          organization_id?: string;
          role?: Database["public"]["Enums"]["participant_role"];
          user_id: string;
        };
        Update: {
          added_by?: string | null;
          conversation_id?: string;
          created_at?: string;
          last_read_at?: string | null;
          last_read_sequence?: number;
          organization_id?: string;
          role?: Database["public"]["Enums"]["participant_role"];
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "conversation_participants_added_by_fkey";
            columns: ["added_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "conversation_participants_organization_id_conversation_id_fkey";
            columns: ["organization_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "conversation_participants_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      conversations: {
        Row: {
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          id: string;
          last_message_at: string | null;
          last_sequence: number;
          metadata: NonNullable<Json>;
          organization_id: string;
          title: string | null;
          type: Database["public"]["Enums"]["conversation_type"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          last_message_at?: string | null;
          last_sequence?: number;
          metadata?: NonNullable<Json>;
          organization_id?: string;
          title?: string | null;
          type?: Database["public"]["Enums"]["conversation_type"];
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          last_message_at?: string | null;
          last_sequence?: number;
          metadata?: NonNullable<Json>;
          organization_id?: string;
          title?: string | null;
          type?: Database["public"]["Enums"]["conversation_type"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "conversations_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "conversations_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      document_chunks: {
        Row: {
          chunk_index: number;
          content: string;
          created_at: string;
          document_id: string;
          embedding: string | null;
          embedding_model: string | null;
          id: string;
          metadata: NonNullable<Json>;
          organization_id: string;
          token_count: number | null;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          chunk_index?: number;
          content: string;
          created_at?: string;
          document_id?: string;
          embedding?: string | null;
          embedding_model?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          organization_id?: string;
          token_count?: number | null;
          updated_at?: string;
        };
        Update: {
          chunk_index?: number;
          content?: string;
          created_at?: string;
          document_id?: string;
          embedding?: string | null;
          embedding_model?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          organization_id?: string;
          token_count?: number | null;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "document_chunks_organization_id_document_id_fkey";
            columns: ["organization_id", "document_id"];
            isOneToOne: false;
            referencedRelation: "documents";
            referencedColumns: ["organization_id", "id"];
          },
        ];
      };
      document_collections: {
        Row: {
          audience: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          description: string | null;
          embedding_model: string;
          id: string;
          language: string;
          metadata: NonNullable<Json>;
          name: string;
          organization_id: string;
          team_id: string | null;
          updated_at: string;
          visibility: Database["public"]["Enums"]["visibility"];
        };
        ComputedFields: never;
        Insert: {
          audience?: never;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          description?: string | null;
          embedding_model?: string;
          id?: string;
          language?: string;
          metadata?: NonNullable<Json>;
          name: string;
          organization_id?: string;
          team_id?: string | null;
          updated_at?: string;
          visibility?: Database["public"]["Enums"]["visibility"];
        };
        Update: {
          audience?: never;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          description?: string | null;
          embedding_model?: string;
          id?: string;
          language?: string;
          metadata?: NonNullable<Json>;
          name?: string;
          organization_id?: string;
          team_id?: string | null;
          updated_at?: string;
          visibility?: Database["public"]["Enums"]["visibility"];
        };
        Relationships: [
          {
            foreignKeyName: "document_collections_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "document_collections_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "document_collections_organization_id_team_id_fkey";
            columns: ["organization_id", "team_id"];
            isOneToOne: false;
            referencedRelation: "teams";
            referencedColumns: ["organization_id", "id"];
          },
        ];
      };
      document_processing_status: {
        Row: {
          attempts: number;
          chunks_completed: number;
          chunks_total: number | null;
          completed_at: string | null;
          created_at: string;
          document_id: string;
          error_message: string | null;
          organization_id: string;
          stage: string | null;
          started_at: string | null;
          status: Database["public"]["Enums"]["processing_status"];
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          attempts?: number;
          chunks_completed?: number;
          chunks_total?: number | null;
          completed_at?: string | null;
          created_at?: string;
          document_id: string;
          error_message?: string | null;
          organization_id: string;
          stage?: string | null;
          started_at?: string | null;
          status?: Database["public"]["Enums"]["processing_status"];
          updated_at?: string;
        };
        Update: {
          attempts?: number;
          chunks_completed?: number;
          chunks_total?: number | null;
          completed_at?: string | null;
          created_at?: string;
          document_id?: string;
          error_message?: string | null;
          organization_id?: string;
          stage?: string | null;
          started_at?: string | null;
          status?: Database["public"]["Enums"]["processing_status"];
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "document_processing_status_organization_id_document_id_fkey";
            columns: ["organization_id", "document_id"];
            isOneToOne: true;
            referencedRelation: "documents";
            referencedColumns: ["organization_id", "id"];
          },
        ];
      };
      documents: {
        Row: {
          audience: string | null;
          collection_id: string | null;
          content: string | null;
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          id: string;
          metadata: NonNullable<Json>;
          mime_type: string | null;
          organization_id: string;
          source_url: string | null;
          storage_path: string | null;
          team_id: string | null;
          title: string;
          updated_at: string;
          visibility: Database["public"]["Enums"]["visibility"];
        };
        ComputedFields: never;
        Insert: {
          audience?: never;
          collection_id?: string | null;
          content?: string | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          mime_type?: string | null;
          organization_id?: string;
          source_url?: string | null;
          storage_path?: string | null;
          team_id?: string | null;
          title: string;
          updated_at?: string;
          visibility?: Database["public"]["Enums"]["visibility"];
        };
        Update: {
          audience?: never;
          collection_id?: string | null;
          content?: string | null;
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          mime_type?: string | null;
          organization_id?: string;
          source_url?: string | null;
          storage_path?: string | null;
          team_id?: string | null;
          title?: string;
          updated_at?: string;
          visibility?: Database["public"]["Enums"]["visibility"];
        };
        Relationships: [
          {
            foreignKeyName: "documents_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "documents_organization_id_collection_id_fkey";
            columns: ["organization_id", "collection_id"];
            isOneToOne: false;
            referencedRelation: "document_collections";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "documents_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "documents_organization_id_team_id_fkey";
            columns: ["organization_id", "team_id"];
            isOneToOne: false;
            referencedRelation: "teams";
            referencedColumns: ["organization_id", "id"];
          },
        ];
      };
      invitation_limits: {
        Row: {
          per_day: number;
          per_member: number;
          plan_type: Database["public"]["Enums"]["plan_type"];
          to_address: number;
          to_mailbox: number;
        };
        ComputedFields: never;
        Insert: {
          per_day: number;
          per_member: number;
          plan_type: Database["public"]["Enums"]["plan_type"];
          to_address: number;
          to_mailbox: number;
        };
        Update: {
          per_day?: number;
          per_member?: number;
          plan_type?: Database["public"]["Enums"]["plan_type"];
          to_address?: number;
          to_mailbox?: number;
        };
        Relationships: [];
      };
      maintenance_jobs: {
        Row: {
          command: string;
          created_at: string;
          description: string;
          is_enabled: boolean;
          name: string;
          next_run_at: string;
          place: number;
          schedule: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          command: string;
          created_at?: string;
          description: string;
          is_enabled?: boolean;
          name: string;
          next_run_at?: string;
          place?: number;
          schedule: string;
          updated_at?: string;
        };
        Update: {
          command?: string;
          created_at?: string;
          description?: string;
          is_enabled?: boolean;
          name?: string;
          next_run_at?: string;
          place?: number;
          schedule?: string;
          updated_at?: string;
        };
        Relationships: [];
      };
      maintenance_runs: {
        Row: {
          error: string | null;
          finished_at: string;
          id: string;
          job: string;
          row_count: number | null;
          started_at: string;
        };
        ComputedFields: never;
        Insert: {
          error?: string | null;
          finished_at: string;
          id?: string;
          job: string;
          row_count?: number | null;
          started_at: string;
        };
        Update: {
          error?: string | null;
          finished_at?: string;
          id?: string;
          job?: string;
          row_count?: number | null;
          started_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "maintenance_runs_job_fkey";
            columns: ["job"];
            isOneToOne: false;
            referencedRelation: "maintenance_jobs";
            referencedColumns: ["name"];
          },
        ];
      };
      message_reactions: {
        Row: {
          conversation_id: string;
          created_at: string;
          message_id: string;
          organization_id: string;
          reaction: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          conversation_id?: string;
          created_at?: string;
          message_id: string;
          organization_id?: string;
          reaction: string;
          user_id?: string;
        };
        Update: {
          conversation_id?: string;
          created_at?: string;
          message_id?: string;
          organization_id?: string;
          reaction?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "message_reactions_organization_id_message_id_fkey";
            columns: ["organization_id", "message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "message_reactions_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      messages: {
        Row: {
          content: string;
          conversation_id: string;
          created_at: string;
          deleted_at: string | null;
          edited_at: string | null;
          id: string;
          metadata: NonNullable<Json>;
          model_name: string | null;
          organization_id: string;
          role: Database["public"]["Enums"]["message_role"];
          sequence: number;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          content: string;
          conversation_id: string;
          created_at?: string;
          deleted_at?: string | null;
          edited_at?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          model_name?: string | null;
          organization_id?: string;
          role?: Database["public"]["Enums"]["message_role"];
          sequence: number;
          user_id?: string | null;
        };
        Update: {
          content?: string;
          conversation_id?: string;
          created_at?: string;
          deleted_at?: string | null;
          edited_at?: string | null;
          id?: string;
          metadata?: NonNullable<Json>;
          model_name?: string | null;
          organization_id?: string;
          role?: Database["public"]["Enums"]["message_role"];
          sequence?: number;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "messages_organization_id_conversation_id_fkey";
            columns: ["organization_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "messages_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      model_pricing: {
        Row: {
          cached_input_per_million: number | null;
          created_at: string;
          id: string;
          input_per_million: number;
          model_name: string;
          output_per_million: number;
          superseded_at: string | null;
          valid_from: string;
        };
        ComputedFields: never;
        Insert: {
          cached_input_per_million?: number | null;
          created_at?: string;
          id?: string;
          input_per_million: number;
          model_name: string;
          output_per_million: number;
          superseded_at?: string | null;
          valid_from?: string;
        };
        Update: {
          cached_input_per_million?: number | null;
          created_at?: string;
          id?: string;
          input_per_million?: number;
          model_name?: string;
          output_per_million?: number;
          superseded_at?: string | null;
          valid_from?: string;
        };
        Relationships: [];
      };
      organization_api_keys: {
        Row: {
          created_at: string;
          created_by: string | null;
          expires_at: string | null;
          id: string;
          key_hash: string;
          key_prefix: string;
          last_used_at: string | null;
          name: string;
          organization_id: string;
          revoked_at: string | null;
          scopes: string[] | null;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          id?: string;
          key_hash: string;
          key_prefix: string;
          last_used_at?: string | null;
          name: string;
          organization_id: string;
          revoked_at?: string | null;
          scopes?: string[] | null;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          expires_at?: string | null;
          id?: string;
          key_hash?: string;
          key_prefix?: string;
          last_used_at?: string | null;
          name?: string;
          organization_id?: string;
          revoked_at?: string | null;
          scopes?: string[] | null;
        };
        Relationships: [
          {
            foreignKeyName: "organization_api_keys_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "organization_api_keys_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_audit_log: {
        Row: {
          action: string;
          actor_id: string | null;
          created_at: string;
          id: string;
          new_values: Json | null;
          old_values: Json | null;
          organization_id: string;
          record: NonNullable<Json>;
          table_name: string;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor_id?: string | null;
          created_at?: string;
          id?: string;
          new_values?: Json | null;
          old_values?: Json | null;
          organization_id: string;
          record: NonNullable<Json>;
          table_name: string;
        };
        Update: {
          action?: string;
          actor_id?: string | null;
          created_at?: string;
          id?: string;
          new_values?: Json | null;
          old_values?: Json | null;
          organization_id?: string;
          record?: NonNullable<Json>;
          table_name?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_audit_log_actor_id_fkey";
            columns: ["actor_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "organization_audit_log_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_invitations: {
        Row: {
          accepted_at: string | null;
          accepted_by: string | null;
          created_at: string;
          email: string;
          expires_at: string;
          id: string;
          invited_by: string | null;
          organization_id: string;
          revoked_at: string | null;
          role: Database["public"]["Enums"]["organization_role"];
          team_id: string | null;
          token_hash: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          accepted_by?: string | null;
          created_at?: string;
          email: string;
          expires_at?: string;
          id?: string;
          invited_by?: string | null;
          organization_id: string;
          revoked_at?: string | null;
          role?: Database["public"]["Enums"]["organization_role"];
          team_id?: string | null;
          token_hash: string;
        };
        Update: {
          accepted_at?: string | null;
          accepted_by?: string | null;
          created_at?: string;
          email?: string;
          expires_at?: string;
          id?: string;
          invited_by?: string | null;
          organization_id?: string;
          revoked_at?: string | null;
          role?: Database["public"]["Enums"]["organization_role"];
          team_id?: string | null;
          token_hash?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_invitations_accepted_by_fkey";
            columns: ["accepted_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "organization_invitations_invited_by_fkey";
            columns: ["invited_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "organization_invitations_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_invitations_organization_id_team_id_fkey";
            columns: ["organization_id", "team_id"];
            isOneToOne: false;
            referencedRelation: "teams";
            referencedColumns: ["organization_id", "id"];
          },
        ];
      };
      organization_members: {
        Row: {
          added_by: string | null;
          created_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          added_by?: string | null;
          created_at?: string;
          organization_id: string;
          role?: Database["public"]["Enums"]["organization_role"];
          updated_at?: string;
          user_id: string;
        };
        Update: {
          added_by?: string | null;
          created_at?: string;
          organization_id?: string;
          role?: Database["public"]["Enums"]["organization_role"];
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organization_members_added_by_fkey";
            columns: ["added_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "organization_members_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_members_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      organizations: {
        Row: {
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          id: string;
          is_personal: boolean;
          logo_url: string | null;
          name: string;
          plan_type: Database["public"]["Enums"]["plan_type"];
          settings: NonNullable<Json>;
          slug: string;
          time_zone: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          is_personal?: boolean;
          logo_url?: string | null;
          name: string;
          plan_type?: Database["public"]["Enums"]["plan_type"];
          settings?: NonNullable<Json>;
          slug: string;
          time_zone?: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          id?: string;
          is_personal?: boolean;
          logo_url?: string | null;
          name?: string;
          plan_type?: Database["public"]["Enums"]["plan_type"];
          settings?: NonNullable<Json>;
          slug?: string;
          time_zone?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "organizations_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      team_members: {
        Row: {
          created_at: string;
          organization_id: string;
          role: Database["public"]["Enums"]["team_role"];
          team_id: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          organization_id?: string;
          role?: Database["public"]["Enums"]["team_role"];
          team_id: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          organization_id?: string;
          role?: Database["public"]["Enums"]["team_role"];
          team_id?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "team_members_organization_id_team_id_fkey";
            columns: ["organization_id", "team_id"];
            isOneToOne: false;
            referencedRelation: "teams";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "team_members_organization_id_user_id_fkey";
            columns: ["organization_id", "user_id"];
            isOneToOne: false;
            referencedRelation: "organization_members";
            referencedColumns: ["organization_id", "user_id"];
          },
          {
            foreignKeyName: "team_members_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      teams: {
        Row: {
          created_at: string;
          created_by: string | null;
          deleted_at: string | null;
          description: string | null;
          id: string;
          name: string;
          organization_id: string;
          updated_at: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          description?: string | null;
          id?: string;
          name: string;
          organization_id: string;
          updated_at?: string;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          deleted_at?: string | null;
          description?: string | null;
          id?: string;
          name?: string;
          organization_id?: string;
          updated_at?: string;
        };
        Relationships: [
          {
            foreignKeyName: "teams_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "teams_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      token_usage_summary: {
        Row: {
          api_key_id: string | null;
          cost_usd: number;
          endpoint: string;
          model_name: string;
          organization_id: string;
          period: Database["public"]["Enums"]["summary_period"];
          period_start: string;
          reported_by_client: boolean;
          requests: number;
          series_id: string;
          tokens_cached: number;
          tokens_input: number;
          tokens_output: number;
          tokens_used: number;
          unpriced: number;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          api_key_id?: string | null;
          cost_usd: number;
          endpoint: string;
          model_name: string;
          organization_id: string;
          period: Database["public"]["Enums"]["summary_period"];
          period_start: string;
          reported_by_client: boolean;
          requests: number;
          series_id: string;
          tokens_cached: number;
          tokens_input: number;
          tokens_output: number;
          tokens_used?: never;
          unpriced: number;
          user_id?: string | null;
        };
        Update: {
          api_key_id?: string | null;
          cost_usd?: number;
          endpoint?: string;
          model_name?: string;
          organization_id?: string;
          period?: Database["public"]["Enums"]["summary_period"];
          period_start?: string;
          reported_by_client?: boolean;
          requests?: number;
          series_id?: string;
          tokens_cached?: number;
          tokens_input?: number;
          tokens_output?: number;
          tokens_used?: never;
          unpriced?: number;
          user_id?: string | null;
        };
        Relationships: [];
      };
      typing_indicators: {
        Row: {
          conversation_id: string;
          expires_at: string;
          organization_id: string;
          started_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          conversation_id: string;
          expires_at?: string;
          organization_id?: string;
          started_at?: string;
          user_id?: string;
        };
        Update: {
          conversation_id?: string;
          expires_at?: string;
          organization_id?: string;
          started_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: "typing_indicators_organization_id_conversation_id_fkey";
            columns: ["organization_id", "conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "typing_indicators_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      usage_alerts: {
        Row: {
          api_key_id: string | null;
          created_at: string;
          id: string;
          limit_value: number;
          metric: Database["public"]["Enums"]["quota_metric"];
          organization_id: string;
          period: Database["public"]["Enums"]["quota_period"];
          period_start: string;
          quota_id: string;
          scope: Database["public"]["Enums"]["quota_scope"];
          spent: number;
          threshold: number;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          api_key_id?: string | null;
          created_at?: string;
          id?: string;
          limit_value: number;
          metric: Database["public"]["Enums"]["quota_metric"];
          organization_id: string;
          period: Database["public"]["Enums"]["quota_period"];
          period_start: string;
          quota_id: string;
          scope: Database["public"]["Enums"]["quota_scope"];
          spent: number;
          threshold: number;
          user_id?: string | null;
        };
        Update: {
          api_key_id?: string | null;
          created_at?: string;
          id?: string;
          limit_value?: number;
          metric?: Database["public"]["Enums"]["quota_metric"];
          organization_id?: string;
          period?: Database["public"]["Enums"]["quota_period"];
          period_start?: string;
          quota_id?: string;
          scope?: Database["public"]["Enums"]["quota_scope"];
          spent?: number;
          threshold?: number;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "usage_alerts_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "usage_alerts_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      usage_credits: {
        Row: {
          amount_usd: number;
          created_at: string;
          expires_at: string | null;
          id: string;
          kind: Database["public"]["Enums"]["credit_kind"];
          note: string | null;
          organization_id: string;
          remaining_usd: number;
          request_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          amount_usd: number;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          kind: Database["public"]["Enums"]["credit_kind"];
          note?: string | null;
          organization_id: string;
          remaining_usd: number;
          request_id?: string | null;
        };
        Update: {
          amount_usd?: number;
          created_at?: string;
          expires_at?: string | null;
          id?: string;
          kind?: Database["public"]["Enums"]["credit_kind"];
          note?: string | null;
          organization_id?: string;
          remaining_usd?: number;
          request_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "usage_credits_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
        ];
      };
      usage_quotas: {
        Row: {
          api_key_id: string | null;
          created_at: string;
          created_by: string | null;
          id: string;
          kind: Database["public"]["Enums"]["quota_kind"];
          limit_value: number;
          metric: Database["public"]["Enums"]["quota_metric"];
          organization_id: string;
          period: Database["public"]["Enums"]["quota_period"];
          scope: Database["public"]["Enums"]["quota_scope"];
          updated_at: string;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          api_key_id?: string | null;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          kind?: Database["public"]["Enums"]["quota_kind"];
          limit_value: number;
          metric: Database["public"]["Enums"]["quota_metric"];
          organization_id: string;
          period: Database["public"]["Enums"]["quota_period"];
          scope?: Database["public"]["Enums"]["quota_scope"];
          updated_at?: string;
          user_id?: string | null;
        };
        Update: {
          api_key_id?: string | null;
          created_at?: string;
          created_by?: string | null;
          id?: string;
          kind?: Database["public"]["Enums"]["quota_kind"];
          limit_value?: number;
          metric?: Database["public"]["Enums"]["quota_metric"];
          organization_id?: string;
          period?: Database["public"]["Enums"]["quota_period"];
          scope?: Database["public"]["Enums"]["quota_scope"];
          updated_at?: string;
          user_id?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "usage_quotas_created_by_fkey";
            columns: ["created_by"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
          {
            foreignKeyName: "usage_quotas_organization_id_api_key_id_fkey";
            columns: ["organization_id", "api_key_id"];
            isOneToOne: false;
            referencedRelation: "organization_api_keys";
            referencedColumns: ["organization_id", "id"];
          },
          {
            foreignKeyName: "usage_quotas_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "usage_quotas_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "user_profiles";
            referencedColumns: ["user_id"];
          },
        ];
      };
      user_connections: {
        Row: {
          access_token_encrypted: string;
          created_at: string;
          encryption_key_id: string;
          id: string;
          metadata: NonNullable<Json>;
          provider: string;
          provider_account_id: string;
          refresh_token_encrypted: string | null;
          scopes: string[];
          token_expires_at: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          access_token_encrypted: string;
          created_at?: string;
          encryption_key_id: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider: string;
          provider_account_id: string;
          refresh_token_encrypted?: string | null;
          scopes?: string[];
          token_expires_at?: string | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          access_token_encrypted?: string;
          created_at?: string;
          encryption_key_id?: string;
          id?: string;
          metadata?: NonNullable<Json>;
          provider?: string;
          provider_account_id?: string;
          refresh_token_encrypted?: string | null;
          scopes?: string[];
          token_expires_at?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      user_notifications: {
        Row: {
          body: string | null;
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          read_at: string | null;
          title: string;
          type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          body?: string | null;
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          read_at?: string | null;
          title: string;
          type: string;
          user_id: string;
        };
        Update: {
          body?: string | null;
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          read_at?: string | null;
          title?: string;
          type?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      user_preferences: {
        Row: {
          created_at: string;
          email_notifications: boolean;
          language: string;
          push_notifications: boolean;
          settings: NonNullable<Json>;
          theme: string;
          time_zone: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          email_notifications?: boolean;
          language?: string;
          push_notifications?: boolean;
          settings?: NonNullable<Json>;
          theme?: string;
          time_zone?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          email_notifications?: boolean;
          language?: string;
          push_notifications?: boolean;
          settings?: NonNullable<Json>;
          theme?: string;
          time_zone?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      user_profiles: {
        Row: {
          avatar_url: string | null;
          bio: string | null;
          created_at: string;
          full_name: string | null;
          job_title: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          avatar_url?: string | null;
          bio?: string | null;
          created_at?: string;
          full_name?: string | null;
          job_title?: string | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          avatar_url?: string | null;
          bio?: string | null;
          created_at?: string;
          full_name?: string | null;
          job_title?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      user_sessions: {
        Row: {
          auth_session_id: string | null;
          created_at: string;
          device_name: string | null;
          expires_at: string;
          id: string;
          ip_address: unknown;
          last_active_at: string;
          user_agent: string | null;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          auth_session_id?: string | null;
          created_at?: string;
          device_name?: string | null;
          expires_at?: string;
          id?: string;
          ip_address?: unknown;
          last_active_at?: string;
          user_agent?: string | null;
          user_id?: string;
        };
        Update: {
          auth_session_id?: string | null;
          created_at?: string;
          device_name?: string | null;
          expires_at?: string;
          id?: string;
          ip_address?: unknown;
          last_active_at?: string;
          user_agent?: string | null;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      accept_invitation: { Args: { p_token: string }; Returns: Json };
      add_usage_credit: {
        Args: {
          p_amount_usd: number;
          p_expires_at?: string;
          p_kind?: Database["public"]["Enums"]["credit_kind"];
          p_note?: string;
          p_organization_id: string;
          p_request_id?: string;
        };
        Returns: Json;
      };
      adjust_usage: {
        Args: {
          p_cost_usd?: number;
          p_organization_id: string;
          p_reason: string;
          p_request_id?: string;
          p_tokens_cached?: number;
          p_tokens_input?: number;
          p_tokens_output?: number;
          p_usage_id: string;
        };
        Returns: Json;
      };
      aggregate_usage_summary: {
        Args: { p_period: Database["public"]["Enums"]["summary_period"] };
        Returns: number;
      };
      ask_assistant: {
        Args: {
          p_content: string;
          p_conversation_id?: string;
          p_organization_id?: string;
          p_title?: string;
        };
        Returns: Json;
      };
      begin_model_call: {
        Args: {
          p_api_key?: string;
          p_endpoint: string;
          p_expires_in?: string;
          p_model_name: string;
          p_or_personally?: boolean;
          p_organization_id?: string;
          p_other_models?: string[];
          p_request_id: string;
          p_scope?: string;
          p_tokens_input: number;
          p_tokens_output: number;
          p_user_id?: string;
        };
        Returns: Json;
      };
      cancel_generation: { Args: { p_message_id: string }; Returns: undefined };
      cancel_reembedding: { Args: { p_collection_id: string }; Returns: undefined };
      change_member_role: {
        Args: {
          p_organization_id: string;
          p_role: Database["public"]["Enums"]["organization_role"];
          p_user_id: string;
        };
        Returns: undefined;
      };
      chat_context: {
        Args: { p_conversation_id?: string; p_messages?: number; p_organization_id?: string };
        Returns: Json;
      };
      claim_ingestion: {
        Args: { p_document_id?: string; p_lease_seconds?: number; p_long_first?: boolean };
        Returns: Json;
      };
      claim_reembedding: {
        Args: { p_embedding_model: string; p_lease_seconds?: number };
        Returns: Json;
      };
      claim_storage_removals: { Args: { p_amount?: number }; Returns: string[] };
      cleanup_expired_sessions: { Args: Record<PropertyKey, never>; Returns: number };
      cleanup_typing_indicators: { Args: Record<PropertyKey, never>; Returns: number };
      complete_storage_removals: { Args: { p_paths: string[] }; Returns: undefined };
      create_api_key: {
        Args: {
          p_expires_at?: string;
          p_name: string;
          p_organization_id: string;
          p_scopes?: string[];
        };
        Returns: Json;
      };
      create_invitation: {
        Args: {
          p_email: string;
          p_expires_at?: string;
          p_organization_id: string;
          p_role?: Database["public"]["Enums"]["organization_role"];
          p_team_id?: string;
        };
        Returns: Json;
      };
      delete_collection: { Args: { p_id: string; p_with_documents?: boolean }; Returns: undefined };
      delete_conversation: { Args: { p_id: string }; Returns: undefined };
      delete_document: { Args: { p_id: string }; Returns: undefined };
      delete_message: { Args: { p_id: string }; Returns: undefined };
      delete_organization: { Args: { p_id: string }; Returns: undefined };
      delete_team: { Args: { p_id: string }; Returns: undefined };
      explain_access: { Args: { p_id: string; p_table: string; p_user_id: string }; Returns: Json };
      explain_limits: {
        Args: { p_api_key_id?: string; p_organization_id: string; p_user_id?: string };
        Returns: {
          api_key_id: string;
          has_room: boolean;
          held: number;
          kind: string;
          left: number;
          limit_value: number;
          metric: Database["public"]["Enums"]["quota_metric"];
          period: Database["public"]["Enums"]["quota_period"];
          quota_id: string;
          resets_at: string;
          scope: Database["public"]["Enums"]["quota_scope"];
          spent: number;
          user_id: string;
        }[];
      };
      fail_ingestion: {
        Args: {
          p_again?: boolean;
          p_code?: string;
          p_document_id: string;
          p_lease: string;
          p_message?: string;
        };
        Returns: Database["public"]["Enums"]["processing_status"];
      };
      fail_reembedding: {
        Args: { p_code: string; p_collection_id: string; p_lease: string; p_message: string };
        Returns: string;
      };
      finish_generation: {
        Args: {
          p_content: string;
          p_error?: Json;
          p_is_estimate?: boolean;
          p_message_id: string;
          p_model_name?: string;
          p_reservation_id?: string;
          p_status: Database["public"]["Enums"]["generation_status"];
          p_tokens_cached?: number;
          p_tokens_input?: number;
          p_tokens_output?: number;
        };
        Returns: Json;
      };
      finish_ingestion: {
        Args: {
          p_chunks: Json;
          p_document_id: string;
          p_lease: string;
          p_model: string;
          p_title?: string;
        };
        Returns: undefined;
      };
      finish_reembedding: { Args: { p_collection_id: string }; Returns: Json };
      get_citations: {
        Args: { p_message_id: string };
        Returns: {
          chunk_id: string;
          document_id: string;
          quote: string;
          title: string;
        }[];
      };
      get_organization_analytics: { Args: { p_organization_id: string }; Returns: Json };
      get_reembedding: { Args: { p_collection_id: string }; Returns: Json };
      get_unpriced_models: {
        Args: Record<PropertyKey, never>;
        Returns: {
          model_name: string;
          organizations: number;
          requests: number;
        }[];
      };
      get_usage_timeseries: {
        Args: {
          p_bucket?: Database["public"]["Enums"]["summary_period"];
          p_from: string;
          p_group_by?: Database["public"]["Enums"]["usage_dimension"];
          p_organization_id: string;
          p_to: string;
          p_user_id?: string;
        };
        Returns: {
          bucket_start: string;
          cost_usd: number;
          group_key: string;
          requests: number;
          tokens_cached: number;
          tokens_input: number;
          tokens_output: number;
          tokens_used: number;
          unpriced: number;
        }[];
      };
      get_user_dashboard: { Args: Record<PropertyKey, never>; Returns: Json };
      health_metrics: {
        Args: Record<PropertyKey, never>;
        Returns: {
          finding: string;
          metric: string;
          severity: string;
          value: number;
        }[];
      };
      hybrid_search_documents: {
        Args: {
          filter_collection_id?: string;
          filter_organization_id?: string;
          fusion?: string;
          keyword_weight?: number;
          match_count?: number;
          query_embedding: string;
          query_model?: string;
          query_text: string;
          semantic_weight?: number;
        };
        Returns: {
          chunk_id: string;
          chunk_index: number;
          combined_score: number;
          content: string;
          document_id: string;
          keyword_score: number;
          semantic_score: number;
          title: string;
        }[];
      };
      ingest_document: {
        Args: {
          p_collection_id?: string;
          p_content?: string;
          p_document_id?: string;
          p_file_hash?: string;
          p_metadata?: Json;
          p_mime_type?: string;
          p_organization_id?: string;
          p_source_url?: string;
          p_storage_path?: string;
          p_team_id?: string;
          p_title: string;
          p_visibility?: Database["public"]["Enums"]["visibility"];
        };
        Returns: Json;
      };
      keyword_search_documents: {
        Args: {
          filter_collection_id?: string;
          filter_organization_id?: string;
          match_count?: number;
          query_text: string;
        };
        Returns: {
          chunk_id: string;
          chunk_index: number;
          content: string;
          document_id: string;
          keyword_score: number;
          title: string;
        }[];
      };
      leave_organization: { Args: { p_organization_id: string }; Returns: undefined };
      mark_conversation_read: {
        Args: { p_conversation_id: string; p_sequence?: number };
        Returns: Json;
      };
      match_documents: {
        Args: { filter?: Json; match_count?: number; query_embedding: string };
        Returns: {
          content: string;
          embedding: Json;
          id: string;
          metadata: Json;
          similarity: number;
        }[];
      };
      next_reembedding_batch: {
        Args: { p_batch_size?: number; p_collection_id: string };
        Returns: {
          chunk_id: string;
          content: string;
          headings: string[];
          title: string;
        }[];
      };
      other_embedding_models: {
        Args: {
          filter_collection_id?: string;
          filter_organization_id?: string;
          query_model: string;
        };
        Returns: string[];
      };
      plan_ingestion: {
        Args: { p_chunks: Json; p_document_id: string; p_lease: string; p_model: string };
        Returns: string[];
      };
      reap_generations: { Args: { p_silent_for?: string }; Returns: number };
      record_api_usage: {
        Args: {
          p_api_key_id?: string;
          p_cost_usd?: number;
          p_created_at?: string;
          p_endpoint: string;
          p_model_name: string;
          p_organization_id: string;
          p_request_id?: string;
          p_tokens_cached?: number;
          p_tokens_input?: number;
          p_tokens_output?: number;
          p_user_id?: string;
        };
        Returns: Json;
      };
      record_api_usage_batch: { Args: { p_calls: Json }; Returns: Json };
      release_usage: { Args: { p_reservation_id: string }; Returns: boolean };
      remove_member: { Args: { p_organization_id: string; p_user_id: string }; Returns: undefined };
      report_generations: { Args: { p_reports: Json }; Returns: Json };
      report_usage: { Args: { p_reports: Json }; Returns: undefined };
      reprice_usage: {
        Args: {
          p_from: string;
          p_model_name: string;
          p_organization_id?: string;
          p_reason?: string;
          p_to?: string;
        };
        Returns: Json;
      };
      require_usage_credit: {
        Args: { p_is_required?: boolean; p_organization_id: string };
        Returns: undefined;
      };
      reserve_usage: {
        Args: {
          p_api_key_id?: string;
          p_cost_usd?: number;
          p_endpoint?: unknown;
          p_expires_in?: string;
          p_model_name: unknown;
          p_organization_id: string;
          p_other_models?: string[];
          p_request_id?: unknown;
          p_tokens_input?: number;
          p_tokens_output?: number;
          p_user_id?: string;
        };
        Returns: Json;
      };
      revoke_api_key: { Args: { p_id: string }; Returns: undefined };
      revoke_invitation: { Args: { p_id: string }; Returns: undefined };
      run_maintenance: { Args: { p_job?: string }; Returns: Json };
      schedule_maintenance: { Args: Record<PropertyKey, never>; Returns: number };
      search_documents: {
        Args: {
          filter_collection_id?: string;
          filter_organization_id?: string;
          match_count?: number;
          match_threshold?: number;
          query_embedding: string;
          query_model?: string;
        };
        Returns: {
          chunk_id: string;
          chunk_index: number;
          content: string;
          document_id: string;
          similarity: number;
          title: string;
        }[];
      };
      set_model_price: {
        Args: {
          p_cached_input_per_million?: number;
          p_input_per_million: number;
          p_model_name: string;
          p_output_per_million: number;
          p_valid_from?: string;
        };
        Returns: string;
      };
      set_typing: {
        Args: { p_conversation_id: string; p_is_typing?: boolean };
        Returns: undefined;
      };
      set_usage_retention: {
        Args: { p_months: number; p_organization_id?: string };
        Returns: undefined;
      };
      settle_usage: {
        Args: {
          p_cost_usd?: number;
          p_endpoint?: string;
          p_is_estimate?: boolean;
          p_model_name?: string;
          p_reservation_id: string;
          p_tokens_cached?: number;
          p_tokens_input: number;
          p_tokens_output: number;
        };
        Returns: Json;
      };
      stage_ingestion: {
        Args: {
          p_document_id: string;
          p_lease: string;
          p_lease_seconds?: number;
          p_model: string;
          p_vectors?: Json;
        };
        Returns: undefined;
      };
      start_reembedding: {
        Args: { p_collection_id: string; p_embedding_model: string };
        Returns: Json;
      };
      store_reembeddings: {
        Args: {
          p_collection_id: string;
          p_embedding_model?: string;
          p_embeddings: Json;
          p_lease?: string;
        };
        Returns: Json;
      };
      transfer_ownership: {
        Args: { p_organization_id: string; p_user_id: string };
        Returns: undefined;
      };
      verify_api_key: { Args: { p_key: string; p_scope?: string }; Returns: Json };
      yield_ingestion: {
        Args: {
          p_always?: boolean;
          p_document_id: string;
          p_lease: string;
          p_lease_seconds?: number;
          p_model: string;
          p_text?: string;
          p_title?: string;
        };
        Returns: boolean;
      };
    };
    Enums: {
      conversation_type: "direct" | "group" | "assistant";
      credit_kind: "top_up" | "grant" | "refund";
      generation_status: "running" | "completed" | "cancelled" | "failed";
      message_role: "user" | "assistant" | "system" | "tool";
      organization_role: "viewer" | "member" | "admin" | "owner";
      participant_role: "member" | "owner";
      plan_type: "free" | "pro" | "team" | "enterprise";
      processing_status: "pending" | "processing" | "completed" | "failed";
      quota_kind: "plan" | "organization";
      quota_metric: "tokens" | "cost" | "requests";
      quota_period: "minute" | "day" | "month";
      quota_scope: "organization" | "user" | "api_key";
      summary_period: "hour" | "day" | "week" | "month";
      team_role: "member" | "lead";
      usage_dimension: "model" | "user" | "endpoint" | "api_key";
      visibility: "private" | "team" | "organization";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {
      conversation_type: ["direct", "group", "assistant"],
      credit_kind: ["top_up", "grant", "refund"],
      generation_status: ["running", "completed", "cancelled", "failed"],
      message_role: ["user", "assistant", "system", "tool"],
      organization_role: ["viewer", "member", "admin", "owner"],
      participant_role: ["member", "owner"],
      plan_type: ["free", "pro", "team", "enterprise"],
      processing_status: ["pending", "processing", "completed", "failed"],
      quota_kind: ["plan", "organization"],
      quota_metric: ["tokens", "cost", "requests"],
      quota_period: ["minute", "day", "month"],
      quota_scope: ["organization", "user", "api_key"],
      summary_period: ["hour", "day", "week", "month"],
      team_role: ["member", "lead"],
      usage_dimension: ["model", "user", "endpoint", "api_key"],
      visibility: ["private", "team", "organization"],
    },
  },
} as const;
