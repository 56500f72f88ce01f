using System.Globalization;
using System.Text;

namespace StoryPortal.Bench.Scenarios.Ingest;

/// <summary>New events as text, with the same columns for a batch and for \copy.</summary>
internal static class EventDocuments
{
    public const string Columns = "id, type, timestamp, agent_id, session_id, payload, received_at";

    /// <summary>A JSON document a line.</summary>
    public static byte[] Ndjson(int count) => Lines(count, (text, e) => text.Append(
        CultureInfo.InvariantCulture,
        $$"""{"id":"{{e.Id}}","type":"{{e.Type}}","timestamp":"{{e.Time}}","agent_id":"{{e.Agent}}","payload":{{e.Payload}}}"""));

    /// <summary>Rows for COPY: columns between tabs.</summary>
    public static byte[] CopyText(int count) => Lines(count, (text, e) => text.Append(
        CultureInfo.InvariantCulture, $"{e.Id}\t{e.Type}\t{e.Time}\t{e.Agent}\t\\N\t{e.Payload}\t{e.Time}"));

    private static byte[] Lines(int count, Action<StringBuilder, Line> append)
    {
        var text = new StringBuilder(count * 500);
        for (var i = 0; i < count; i++)
        {
            append(text, Line.Next());
            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private readonly record struct Line(Guid Id, string Type, string Time, string Agent, string Payload)
    {
        private static readonly string[] Types = ["bench.bulk.src", "bench.bulk.tests", "bench.bulk.docs"];

        public static Line Next()
        {
            var now = DateTimeOffset.UtcNow;
            var random = Random.Shared;
            var files = random.Next(1, 9);
            var paths = string.Join(',', Enumerable.Range(0, files).Select(file => $"\"src/Npgsql/File{random.Next(400)}.cs\""));
            return new Line(
                Guid.CreateVersion7(now),
                Types[random.Next(Types.Length)],
                now.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
                $"00000000-0000-7000-8000-{random.Next(10_000):x12}",
                $$"""{"repository":"npgsql/npgsql","sha":"{{Guid.NewGuid():N}}","parents":1,"files":{{files}},"""
                + $$""" "top":{"src":{{files}}},"paths":[{{paths}}],"subject_length":{{random.Next(100)}}}""");
        }
    }
}
