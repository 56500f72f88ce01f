using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StoryPortal.DataLayer.Json;
using StoryPortal.ServiceHub.Http;

namespace StoryPortal.Tests.Http;

/// <summary>
/// The JSON reader says only in its English message what is wrong. The reader itself produces here each kind of message that
/// <see cref="JsonErrors"/> recognises, so that these tests fail when an update of .NET changes a message.
/// </summary>
public sealed class JsonErrorsTests
{
    private static readonly JsonSerializerOptions Strict =
        new(StoryJson.Contracts.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    [Theory]
    [InlineData("""{"name": "x", "colour": "red"}""", "colour", "is not a known field.")]
    [InlineData("""{"count": 1}""", "body", "lacks 'name'.")]
    [InlineData("""{"name": null}""", "name", "is null; leave it out where nothing is meant.")]
    [InlineData("""{"name": "x", "name": "y"}""", "name", "is there more than once.")]
    [InlineData("""{"name": "\ud800"}""", "name", "holds text that is not valid Unicode, such as half of a surrogate pair.")]
    [InlineData("""{"name": 5}""", "name", "is not a string.")]
    [InlineData("""{"name": "x", "count": "many"}""", "count", "is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("""{"name": "x", "count": 1.5}""", "count", "is not a whole number from -2147483648 to 2147483647.")]
    [InlineData("""{"name": "x", "share": "half"}""", "share", "is not a number.")]
    [InlineData("""{"name": "x", "id": "nobody"}""", "id", "is not a UUID.")]
    [InlineData("""{"name": "x", "active": "perhaps"}""", "active", "is not true or false.")]
    [InlineData("""{"name": "x", "tags": "red"}""", "tags", "is not an array.")]
    [InlineData("""{"name": "x", "inner": []}""", "inner", "is not an object.")]
    public void Each_kind_of_error_is_described_in_the_words_of_the_caller(string json, string field, string message)
    {
        var exception = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Document>(json, Strict));
        Assert.Equal((field, message), JsonErrors.Describe(exception));
    }

    [Fact]
    public void A_null_for_a_constructor_parameter_is_described_as_for_a_property()
    {
        var exception = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Named>("""{"name": null}""", Strict));
        Assert.Equal(("name", "is null; leave it out where nothing is meant."), JsonErrors.Describe(exception));
    }

    [Fact]
    public void Bytes_that_are_no_utf_8_are_described()
    {
        byte[] json = [.. "{\"name\": \""u8, 0xff, .. "\"}"u8];
        var exception = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Document>(json, Strict));
        Assert.Equal(("name", "holds text that is not valid Unicode, such as half of a surrogate pair."), JsonErrors.Describe(exception));
    }

    [Theory]
    [InlineData("""{"name": """)]
    [InlineData("""{"name": "x",}""")]
    [InlineData("")]
    public void Text_that_is_no_json_says_so_without_the_path(string json)
    {
        var (_, message) = JsonErrors.Describe(Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Document>(json, Strict)));
        Assert.StartsWith("is not well-formed JSON: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Path:", message, StringComparison.Ordinal);
    }

    private sealed record Named(string Name);

    private sealed record Document
    {
        public required string Name { get; init; }

        public int? Count { get; init; }

        public double? Share { get; init; }

        public Guid? Id { get; init; }

        public bool? Active { get; init; }

        public List<string>? Tags { get; init; }

        public Document? Inner { get; init; }
    }
}
