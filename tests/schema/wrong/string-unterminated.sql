select 1;
select 'it''s not closed; -- wrong: syntax
