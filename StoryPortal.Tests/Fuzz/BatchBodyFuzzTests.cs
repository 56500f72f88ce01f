using System.Text;
using System.Text.Json;
using CsCheck;
using Microsoft.AspNetCore.Http;
using StoryPortal.DataLayer.Events;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Fuzz;

/// <summary>Bodies of many rows, in this process: whatever comes, and in whatever pieces, is read or refused by line.</summary>
public sealed class BatchBodyFuzzTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Bad =
    [
        "{", "[]", "null", "7", "\"x\"", "{}", "{\"type\":\"\"}", "{\"type\":5}", "{\"type\":\"x\",\"type\":\"y\"}", "{\"type\":\"x\",\"nobody_knows\":1}", "{\"type\":\"a\\u0000b\"}", "{\"type\":\"\\ud800\"}",
        "{\"type\":\"x\",\"payload\":{\"k\":1e999}}", "{\"type\":\"x\"} {\"type\":\"y\"}", "{\"type\":\"x\",\"timestamp\":\"2026-02-30T00:00:00Z\"}", "{\"type\":\"x\"",
    ];

    private static readonly Gen<string> Good = Gen.Select(
        Gen.String[Gen.Char['\u0020', '\u024f'], 1, 30].Where(text => !string.IsNullOrWhiteSpace(text)), Gen.Double[-1e300, 1e300], Gen.Bool,
        (type, number, spaced) => $"{(spaced ? "  \t" : "")}{{\"type\":{OddTexts.Json(type)},\"payload\":{JsonSerializer.Serialize(number)}}}{(spaced ? " \r" : "")}");

    private static readonly Gen<(string Text, bool? IsGood)> Line = Gen.Frequency(
        (6, Good.Select(text => (text, (bool?)true))), (1, OddTexts.Of(Bad).Select(text => (text, (bool?)false))), (1, OddTexts.Of(["", " ", "\r", "\t\t"]).Select(text => (text, (bool?)null))));

    [Fact]
    public Task Every_line_that_is_wrong_is_named_and_no_other() => Line.Array[0, 30].SampleAsync(async lines =>
    {
        var read = await ReadAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(line => line.Text))), "application/x-ndjson", []);
        var wrong = lines.Index().Where(line => line.Item.IsGood == false).Select(line => line.Index + 1).ToList();
        if (lines.Length == 0 || lines.Sum(line => line.Text.Length + 1) == 1)
        {
            Assert.Equal(["body"], read.Errors);
        }
        else if (wrong.Count == 0)
        {
            Assert.Equal(lines.Where(line => line.IsGood == true).Select(line => JsonElement.Parse(line.Text).GetProperty("type").GetString()), read.Rows!.Select(row => row.Type));
        }
        else
        {
            Assert.Equal(wrong.Select(number => $"line {number}"), read.Errors.Select(error => error.Split(':')[0]).Distinct());
        }
    }, threads: 1);

    [Fact]
    public Task Where_a_body_is_cut_into_pieces_changes_nothing() => Gen.Select(Line.Array[1, 20], Gen.Int[1, 50].Array[1, 20], Gen.Bool).SampleAsync(async sent =>
    {
        var (lines, cuts, ndjson) = sent;
        var text = ndjson ? string.Join('\n', lines.Select(line => line.Text)) : $"[{string.Join(',', lines.Where(line => line.IsGood is not null).Select(line => line.Text))}]";
        var (bytes, type) = (Encoding.UTF8.GetBytes(text), ndjson ? "application/x-ndjson" : "application/json");
        var (whole, pieces) = (await ReadAsync(bytes, type, []), await ReadAsync(bytes, type, cuts));

        Assert.Equal(whole.Errors, pieces.Errors);
        Assert.Equal(whole.Rows?.Select(row => (row.Type, row.Payload.ToString())), pieces.Rows?.Select(row => (row.Type, row.Payload.ToString())));
    }, threads: 1);

    [Fact]
    public Task Bytes_that_mean_nothing_are_read_or_refused() => Gen.Select(Gen.Byte.Array[0, 300], Good, Gen.Double.Unit, Gen.Bool).SampleAsync(async sent =>
    {
        var (noise, good, share, ndjson) = sent;
        var text = Encoding.UTF8.GetBytes(good);
        var at = (int)(share * text.Length);
        var read = await ReadAsync([.. text[..at], .. noise, .. text[at..]], ndjson ? "application/x-ndjson" : "application/json", []);

        Assert.True(read.Rows is not null || read.Errors.All(error => !string.IsNullOrWhiteSpace(error)));
    }, threads: 1);

    // The rows, or the fields that were named.
    private static async Task<(List<Event>? Rows, List<string> Errors)> ReadAsync(byte[] body, string contentType, int[] cuts)
    {
        var context = new DefaultHttpContext { Request = { ContentType = contentType, Body = new Pieces(body, cuts) } };
        try
        {
            return (await BatchBody.ReadAsync(
                context.Request, StoryJson.Contracts.NewEvent, StoryJson.Contracts.ListNewEvent, (e, errors) => e.Validate(errors, Now), CancellationToken.None), []);
        }
        catch (InputException refusal)
        {
            return (null, [.. refusal.Errors.Keys]);
        }
    }

    // Gives as many bytes at a time as it is told, again and again.
    private sealed class Pieces(byte[] bytes, int[] sizes) : MemoryStream(bytes, writable: false)
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(sizes.Length == 0 ? buffer : buffer[..Math.Min(buffer.Length, sizes[_reads++ % sizes.Length])], cancellationToken);
    }
}
