using System.Text;
using System.Text.Json;
using CsCheck;
using StoryPortal.Tests.Documentation;

namespace StoryPortal.Tests.Fuzz;

/// <summary>JSON as text, so that what is no JSON can be made as well: after a schema, after an example, and anything at all.</summary>
/// <param name="api">Where references of schemas lead.</param>
internal sealed class JsonDocuments(ApiDescription api)
{
    private const int MostDepth = 5;

    private static readonly string[] OddValues =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "100", "101", "1e999", "-1e999", "1e-99999", "1E400", "123456789012345678901234567890", "0.1e1", "\"\"", "[]", "{}", "[null]", "{\"\":null}",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"\\u0000\":1}", "{\"\\ud800\":1}", "[[[[[[[[[[1]]]]]]]]]]", "NaN", "'x'", "01", "+1", "1.", ".5", "tru", "\"\\x\"", "\"\\u12\"", "\"\t\"", "",
    ];

    private readonly string[] _words = [.. api.Words, .. OddTexts.Names];

    /// <summary>Any value, of whatever kind and depth; a few are no JSON.</summary>
    public Gen<string> Any => Gen.Frequency(
        (4, OddTexts.Of(OddValues)),
        (3, OddTexts.Any(_words).Select(OddTexts.Json)),
        (1, Gen.Double.Select(number => double.IsFinite(number) ? JsonSerializer.Serialize(number) : "1e309")),
        (1, Gen.Long.Select(number => JsonSerializer.Serialize(number))),
        (1, Gen.Int[1, 80].Select(depth => new string('[', depth) + new string(']', depth))),
        (1, Gen.Int[1, 80].Select(depth => string.Concat(Enumerable.Repeat("{\"d\":", depth)) + "1" + new string('}', depth))));

    /// <summary>A body for an operation: as it should be, or nearly, or not at all.</summary>
    public Gen<byte[]> BodyOf(ApiBody body)
    {
        var lines = body.Example.ValueKind == JsonValueKind.String;
        var example = lines ? JsonElement.Parse($"[{body.Example.GetString()!.Replace('\n', ',')}]") : body.Example;
        Gen<string> text = Gen.Frequency(
            (3, After(example, 0)),
            (4, After(example, 12)),
            (3, Of(body.Schema, 0, 0)),
            (3, Of(body.Schema, 12, 0)),
            (1, Any));
        return Damaged(lines ? text.Select(Lines) : text);
    }

    /// <summary>A value of a schema, each part of which is something else with a chance of <paramref name="odd"/> per cent.</summary>
    public Gen<string> Of(JsonElement reference, int odd, int depth)
    {
        var schema = api.Resolve(reference);
        var value = depth > MostDepth || schema.ValueKind != JsonValueKind.Object ? Any : Plain(schema, odd, depth);
        return odd == 0 ? value : Gen.Frequency((100 - odd, value), (odd, Any));
    }

    private Gen<string> Plain(JsonElement schema, int odd, int depth)
    {
        foreach (var choice in (string[])["oneOf", "anyOf"])
        {
            if (schema.TryGetProperty(choice, out var several))
            {
                return Gen.OneOf([.. several.EnumerateArray().Select(one => Of(one, odd, depth))]);
            }
        }

        if (schema.TryGetProperty("enum", out var members))
        {
            return OddTexts.Of([.. members.EnumerateArray().Select(member => member.GetRawText())]);
        }

        return TypeOf(schema) switch
        {
            "object" when schema.TryGetProperty("properties", out var properties) => Object(
                properties.EnumerateObject().Select(property => (property.Name, Of(property.Value, odd, depth + 1))), Required(schema), odd),
            "object" => Object(OddTexts.Names.Select(name => (name, Any)), [], odd),
            "array" => (schema.TryGetProperty("items", out var items) ? Of(items, odd, depth + 1) : Any).Array[0, 3].Select(values => $"[{string.Join(',', values)}]"),
            "boolean" => OddTexts.Of(["true", "false"]),
            "integer" => Gen.OneOf(Gen.Int[0, 100], Gen.Int).Select(number => JsonSerializer.Serialize(number)),
            "number" => Gen.OneOf(Gen.Double[0, 100], Gen.Double[-1e9, 1e9]).Select(number => JsonSerializer.Serialize(number)),
            "string" => Text(schema).Select(OddTexts.Json),
            "null" => Gen.Const("null"),
            _ => Any,
        };
    }

    /// <summary>A text of a schema, as it should be.</summary>
    public Gen<string> Text(JsonElement schema) => schema.TryGetProperty("format", out var format) && format.GetString() == "uuid" ? OddTexts.Of(OddTexts.Ids)
        : schema.TryGetProperty("format", out var time) && time.GetString() == "date-time" ? Gen.DateTime.Select(value => value.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture))
        : OddTexts.Any(_words);

    // Like the example, each part of which is something else with a chance of some per cent; ids are those that all share.
    private Gen<string> After(JsonElement example, int odd)
    {
        Gen<string> value = example.ValueKind switch
        {
            JsonValueKind.Object => Object(example.EnumerateObject().Select(property => (property.Name, After(property.Value, odd))), [.. example.EnumerateObject().Select(property => property.Name)], odd),
            JsonValueKind.Array => example.EnumerateArray().Select(item => After(item, odd))
                .Aggregate(Gen.Const(""), (all, next) => Gen.Select(all, next, (text, item) => text.Length == 0 ? item : $"{text},{item}")).Select(items => $"[{items}]"),
            JsonValueKind.String when Guid.TryParse(example.GetString(), out _) => OddTexts.Of(OddTexts.Ids).Select(OddTexts.Json),
            _ => Gen.Const(example.GetRawText()),
        };
        return odd == 0 ? value : Gen.Frequency((100 - odd, value), (odd, Any));
    }

    // What is odd of an object as such: members that are left out, that come twice, that nobody knows.
    private Gen<string> Object(IEnumerable<(string Name, Gen<string> Value)> members, IReadOnlyCollection<string> required, int odd)
    {
        var all = members.Aggregate(Gen.Const(""), (text, member) =>
        {
            var one = member.Value.Select(value => $"{OddTexts.Json(member.Name)}:{value}");
            var absent = required.Contains(member.Name) ? odd : 50;
            return Gen.Select(text, absent == 0 ? one : Gen.Frequency((100 - absent, one), (absent, Gen.Const(""))), Joined);
        });
        if (odd > 0)
        {
            all = Gen.Select(all, Gen.Frequency((90, Gen.Const("")), (5, Any.Select(value => $"\"nobody_knows\":{value}")), (5, all)), Joined);
        }

        return all.Select(text => $"{{{text}}}");
    }

    private static string Joined(string one, string other) => one.Length == 0 ? other : other.Length == 0 ? one : $"{one},{other}";

    // Cut off, changed, added to, or in another encoding.
    private static Gen<byte[]> Damaged(Gen<string> text)
    {
        var bytes = text.Select(Encoding.UTF8.GetBytes);
        return Gen.Frequency(
            (20, bytes),
            (1, Gen.Select(bytes, Gen.Double.Unit, (all, share) => all[..(int)(all.Length * share)])),
            (1, Gen.Select(bytes, Gen.Double.Unit, Gen.Byte, (all, share, value) => (byte[])[.. all[..(int)(all.Length * share)], value, .. all[(int)(all.Length * share)..]])),
            (1, bytes.Select(all => (byte[])[0xEF, 0xBB, 0xBF, .. all])),
            (1, bytes.Select(all => (byte[])[.. all, (byte)','])),
            (1, text.Select(Encoding.Unicode.GetBytes)));
    }

    private static string Lines(string array)
    {
        try
        {
            using var document = JsonDocument.Parse(array);
            return document.RootElement.ValueKind == JsonValueKind.Array ? string.Join('\n', document.RootElement.EnumerateArray().Select(line => line.GetRawText())) : array;
        }
        catch (JsonException)
        {
            return array; // no JSON as lines either
        }
    }

    private static HashSet<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];

    // "string", or the first of ["null", "string"] that is not null.
    private static string? TypeOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? null
        : type.ValueKind == JsonValueKind.String ? type.GetString()
        : type.EnumerateArray().Select(one => one.GetString()).FirstOrDefault(one => one != "null");
}
