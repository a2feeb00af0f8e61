-- Nothing of the journal is ever removed; what is signed, decided or settled never changes.
CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept for ever', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER kept_for_ever BEFORE DELETE OR TRUNCATE ON wallets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_for_ever BEFORE DELETE OR TRUNCATE ON slots
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER kept_for_ever BEFORE DELETE OR TRUNCATE ON generations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON steps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reorgs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_other_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'broadcast_at' - 'broadcast_answer')
        <> (to_jsonb(OLD) - 'broadcast_at' - 'broadcast_answer') THEN
        RAISE EXCEPTION 'a signed transaction never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER signed_once BEFORE UPDATE ON generations
    FOR EACH ROW EXECUTE FUNCTION refuse_other_bytes();

CREATE FUNCTION refuse_resettling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.settled_at IS NOT NULL AND to_jsonb(NEW) <> to_jsonb(OLD) THEN
        RAISE EXCEPTION 'slot % is settled', OLD.nonce USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.plan_id, NEW.step_index, NEW.purpose, NEW.target, NEW.data, NEW.deadline)
        IS DISTINCT FROM (OLD.plan_id, OLD.step_index, OLD.purpose, OLD.target, OLD.data, OLD.deadline)
    THEN
        RAISE EXCEPTION 'slot % belongs to its step for ever', OLD.nonce
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER settled_once BEFORE UPDATE ON slots
    FOR EACH ROW EXECUTE FUNCTION refuse_resettling();

CREATE FUNCTION refuse_lower_nonce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.next_nonce < OLD.next_nonce THEN
        RAISE EXCEPTION 'a nonce is never given out twice' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER nonces_count_up BEFORE UPDATE ON wallets
    FOR EACH ROW EXECUTE FUNCTION refuse_lower_nonce();
