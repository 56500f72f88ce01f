using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;
using StoryPortal.DataLayer.Caching;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Paging;

/// <summary>Writes pages of lists. A page is serialized while its rows are read: no more than one row is held beside it.</summary>
public sealed class PageWriter(IOptions<PagingOptions> options)
{
    /// <summary>Rows of a page whose size the caller does not choose.</summary>
    public const int DefaultSize = 50;

    /// <summary>Bytes at which a page ends.</summary>
    public int MaxBytes { get; } = options.Value.MaxBytes;

    /// <summary>
    /// Writes a page of up to <paramref name="size"/> rows and <see cref="MaxBytes"/>, of one row at least. Where <paramref name="rows"/> has more, the
    /// page has a <c>Link</c> header that leads to them.
    /// </summary>
    /// <param name="address">The address of the list.</param>
    /// <param name="rows">The rows; one more than <paramref name="size"/> shows that there is a next page.</param>
    /// <param name="size">Rows of the page at most.</param>
    /// <param name="type">The contract of a row.</param>
    /// <param name="cursorOf">The cursor that leads to the rows after a row.</param>
    public async Task<Answer> WriteAsync<T>(PageAddress address, IAsyncEnumerable<T> rows, int size, JsonTypeInfo<T> type, Func<T, string> cursorOf) where T : class
    {
        var buffer = JsonBytes.Rent();
        try
        {
            await using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true });
            buffer.Write("["u8);
            var (count, end, hasMore) = (0, buffer.WrittenCount, false);
            T? last = null;
            await foreach (var row in rows)
            {
                if (count == size)
                {
                    hasMore = true; // the last row that was asked for: the query ends by itself
                    continue;
                }

                buffer.Write(count == 0 ? default : ","u8);
                JsonSerializer.Serialize(json, row, type);
                json.Flush();
                json.Reset();
                if (count > 0 && buffer.WrittenCount >= MaxBytes)
                {
                    hasMore = true;
                    break;
                }

                (count, end, last) = (count + 1, buffer.WrittenCount, row);
            }

            var page = new byte[end + 1];
            buffer.WrittenSpan[..end].CopyTo(page);
            page[end] = (byte)']';
            return new Answer(page, hasMore ? LinkTo(address, cursorOf(last!)) : null);
        }
        finally
        {
            JsonBytes.Return(buffer);
        }
    }

    private static string LinkTo(PageAddress address, string cursor)
    {
        var query = address.Query
            .Where(parameter => !string.Equals(parameter.Key, "cursor", StringComparison.OrdinalIgnoreCase))
            .SelectMany(parameter => parameter.Value, (parameter, value) => KeyValuePair.Create(parameter.Key, value ?? ""))
            .Append(KeyValuePair.Create("cursor", cursor));
        return $"<{address.Path.ToUriComponent().TrimEnd('/')}{new QueryBuilder(query)}>; rel=\"next\"";
    }
}

/// <summary>The address of a list.</summary>
/// <param name="Path">The path of the list.</param>
/// <param name="Query">The parameters that chose what is in it.</param>
public readonly record struct PageAddress(PathString Path, IQueryCollection Query)
{
    /// <summary>The address that a request asks for.</summary>
    public static PageAddress Of(HttpRequest request) => new(request.Path, request.Query);
}
