using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// A write was sent, and Postgres neither confirmed nor refused it before a time-out or the loss of the connection: the write may be stored
/// or not.
/// </summary>
public sealed class UnconfirmedWriteException(string message, Exception cause) : NpgsqlException(message, cause);
