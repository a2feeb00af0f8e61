// Quotes swaps of one pool with @uniswap/v3-sdk: JSON in on stdin, JSON out on stdout.
// In: {pool, swaps: [{zeroForOne, amountIn}], rounds, quotes}. Out: [{amountOut, microseconds}].
"use strict";

const { readFileSync } = require("node:fs");
const { CurrencyAmount, Token } = require("@uniswap/sdk-core");
const { Pool, Tick, TickListDataProvider } = require("@uniswap/v3-sdk");

const CHAIN_ID = 1;

function token(asset) {
  return new Token(CHAIN_ID, asset.address, asset.decimals, asset.symbol);
}

function makePool(snapshot) {
  const ticks = snapshot.ticks.map(
    (tick) =>
      new Tick({ index: tick.index, liquidityGross: tick.liquidityGross, liquidityNet: tick.liquidityNet }),
  );
  return new Pool(
    token(snapshot.token0),
    token(snapshot.token1),
    snapshot.feePips,
    snapshot.sqrtPriceX96,
    snapshot.liquidity,
    snapshot.tick,
    new TickListDataProvider(ticks, snapshot.tickSpacing),
  );
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function measure(pool, swap, rounds, quotes) {
  const amount = CurrencyAmount.fromRawAmount(swap.zeroForOne ? pool.token0 : pool.token1, swap.amountIn);
  const [out] = await pool.getOutputAmount(amount);
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    for (let quote = 0; quote < quotes; quote += 1) {
      await pool.getOutputAmount(amount);
    }
    times.push(Number(process.hrtime.bigint() - start) / 1000 / quotes);
  }
  return { amountOut: out.quotient.toString(), microseconds: median(times) };
}

async function main() {
  const work = JSON.parse(readFileSync(0, "utf8"));
  const pool = makePool(work.pool);
  const results = [];
  for (const swap of work.swaps) {
    results.push(await measure(pool, swap, work.rounds, work.quotes));
  }
  process.stdout.write(JSON.stringify(results));
}

main();
