namespace StoryPortal.ServiceHub.Http;

/// <summary>
/// How many rows a statement is asked for whose reader stops after a number of bytes. After a stop the limit is what was read, else it doubles: so a
/// statement seldom has to be cancelled.
/// </summary>
/// <param name="max">Rows at most.</param>
internal struct RowLimit(int max)
{
    /// <summary>Bytes after which a reader stops, to send what it has before it reads on: no statement waits for a client.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly int _max = max;

    /// <summary>Rows of the next statement.</summary>
    public int Rows { get; private set; } = max;

    /// <summary>Records what a statement returned.</summary>
    /// <param name="rows">How many rows were read.</param>
    /// <param name="isCut">Whether the reader stopped before the last row.</param>
    public void Adapt(int rows, bool isCut) => Rows = isCut ? rows : Math.Min(Rows * 2, _max);
}
