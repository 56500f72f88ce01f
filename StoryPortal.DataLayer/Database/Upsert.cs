namespace StoryPortal.DataLayer.Database;

/// <summary>Stores a row in place of what was there, by a statement that returns no row when nothing changed.</summary>
internal static class Upsert
{
    /// <summary>The row as it is now, and whether it is new.</summary>
    /// <param name="write">Runs the statement; its row, or none.</param>
    /// <param name="read">Reads the unchanged row; null where it was deleted after <paramref name="write"/>, which is then repeated.</param>
    public static async Task<(TRow Row, bool Created)> StoreAsync<TRow>(Func<Task<List<(TRow Row, bool Created)>>> write, Func<Task<TRow?>> read)
        where TRow : class
    {
        while (true)
        {
            if (await write() is [var stored])
            {
                return stored;
            }

            if (await read() is { } unchanged)
            {
                return (unchanged, false);
            }
        }
    }
}
