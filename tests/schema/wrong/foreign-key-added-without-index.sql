create table private.notes (id uuid primary key, organization_id uuid);
alter table private.notes
    add constraint notes_organization -- wrong: foreign-key-index
    foreign key (organization_id) references public.organizations (id);
