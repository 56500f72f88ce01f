namespace StoryPortal.DataLayer.Performance;

/// <summary>A statement that reads or writes rows and the time it takes, from <c>pg_stat_statements</c>.</summary>
/// <param name="QueryId">The number by which Postgres knows it.</param>
/// <param name="Query">Its text, with its constants taken out.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="MeanMs">Milliseconds that it takes on average.</param>
/// <param name="MaxMs">Milliseconds that it took at most.</param>
/// <param name="TotalMs">Milliseconds in all.</param>
/// <param name="Rows">Rows that it touched or answered with, in all.</param>
public sealed record SlowQuery(long QueryId, string Query, long Calls, double MeanMs, double MaxMs, double TotalMs, long Rows);
