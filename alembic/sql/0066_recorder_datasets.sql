-- The recorder makes a dataset of every instrument's minutes of a day that is over.
GRANT USAGE ON SCHEMA backtest TO tradewind_recorder;
GRANT SELECT, INSERT ON backtest.datasets TO tradewind_recorder;
