using Npgsql;

namespace StoryPortal.Generator.Tables;

/// <summary>The rows of one table, in the order of time.</summary>
/// <param name="table">Its name in schema <c>mcp_documents</c>.</param>
/// <param name="columns">The columns that are written.</param>
/// <param name="count">How many rows.</param>
internal abstract class TableRows(string table, string columns, int count)
{
    public string Table => table;

    public int Count => count;

    /// <summary>The id of the first row, which the seed alone decides: where it is, all rows are.</summary>
    public abstract Guid FirstId { get; }

    /// <summary>Writes all rows in one COPY, which stores all or none.</summary>
    public void Copy(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var importer = connection.BeginBinaryImport($"COPY mcp_documents.{table} ({columns}) FROM STDIN (FORMAT binary)");
        importer.Timeout = TimeSpan.Zero;
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            importer.StartRow();
            Write(importer, i);
        }

        importer.Complete();
    }

    /// <summary>Writes the columns of row <paramref name="i"/>; rows are asked for once and in order.</summary>
    protected abstract void Write(NpgsqlBinaryImporter row, int i);
}
