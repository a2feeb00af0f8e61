-- The portfolio stage of risk keeps its decisions, and looks for requests to cancel.
-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_portfolio NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_portfolio', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_portfolio;
GRANT SELECT, INSERT ON decided TO tradewind_portfolio;
GRANT SELECT ON cancellations TO tradewind_portfolio;
