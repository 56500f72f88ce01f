using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Problems;

namespace StoryPortal.ServiceHub.Http;

/// <summary>Bodies with many rows: a JSON array, or NDJSON with one JSON document a line.</summary>
internal static class BatchBody
{
    public const string NdjsonContentType = "application/x-ndjson";

    /// <summary>Reads and validates every row. One that is wrong refuses the batch, with all that is wrong named by line or position.</summary>
    public static async ValueTask<List<TRow>> ReadAsync<TNew, TRow>(
        HttpRequest request,
        JsonTypeInfo<TNew> one,
        JsonTypeInfo<List<TNew>> array,
        Func<TNew, InputErrors, TRow> validate,
        CancellationToken cancellationToken) where TNew : class
    {
        var ndjson = request.HasContentType(NdjsonContentType);
        if (!ndjson && !request.HasContentType(JsonBody.ContentType))
        {
            throw JsonBody.Unsupported(request, JsonBody.ContentType, NdjsonContentType);
        }

        using var body = await RequestBody.ReadAsync(request, cancellationToken);
        var errors = new InputErrors();
        var rows = ndjson ? ReadLines(body.Utf8.Span, one, validate, errors) : ReadArray(body.Utf8.Span, array, validate, errors);
        errors.ThrowIfAny();
        return rows;
    }

    private static List<TRow> ReadLines<TNew, TRow>(
        ReadOnlySpan<byte> utf8, JsonTypeInfo<TNew> one, Func<TNew, InputErrors, TRow> validate, InputErrors errors) where TNew : class
    {
        var rows = new List<TRow>();
        var number = 0;
        foreach (var range in utf8.Split((byte)'\n'))
        {
            number++;
            var line = utf8[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
            {
                continue;
            }

            RefuseTooMany(rows.Count + 1);
            errors.AtLine(number);
            try
            {
                if (JsonSerializer.Deserialize(line, one) is { } row)
                {
                    rows.Add(validate(row, errors));
                }
                else
                {
                    errors.Add("body", "is null.");
                }
            }
            catch (JsonException exception)
            {
                var (field, message) = JsonErrors.Describe(exception);
                errors.Add(field, message);
            }

            if (errors.Full)
            {
                break;
            }
        }

        return rows;
    }

    private static List<TRow> ReadArray<TNew, TRow>(
        ReadOnlySpan<byte> utf8, JsonTypeInfo<List<TNew>> array, Func<TNew, InputErrors, TRow> validate, InputErrors errors) where TNew : class
    {
        List<TNew>? sent;
        try
        {
            sent = JsonSerializer.Deserialize(utf8, array);
        }
        catch (JsonException exception)
        {
            var (field, message) = JsonErrors.Describe(exception);
            errors.Add(field, message);
            return [];
        }

        RefuseTooMany(sent?.Count ?? 0);
        var rows = new List<TRow>(sent?.Count ?? 0);
        for (var i = 0; i < sent?.Count && !errors.Full; i++)
        {
            errors.AtElement(i);
            if (sent[i] is { } row)
            {
                rows.Add(validate(row, errors));
            }
            else
            {
                errors.Add("body", "is null.");
            }
        }

        return rows;
    }

    private static void RefuseTooMany(int count)
    {
        if (count > BodyLimits.BatchRows)
        {
            throw new InputException("body", $"has more than {BodyLimits.BatchRows} rows; send several batches.", StatusCodes.Status413PayloadTooLarge);
        }
    }
}
