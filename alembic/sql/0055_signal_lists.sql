-- Lists of signals and of decisions while the documents in Redis are not there, or are made anew.
CREATE INDEX events_signal_source ON events ((payload #>> '{terms,signal,source}'), correlation_id)
    WHERE topic = 'signal.received';
CREATE INDEX events_signal_symbol ON events ((payload #>> '{terms,signal,symbol}'), correlation_id)
    WHERE topic = 'signal.received';
CREATE INDEX events_decision ON events (event_id) WHERE topic = 'decision.made';
