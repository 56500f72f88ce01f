using System.Text;
using Microsoft.AspNetCore.Http;
using StoryPortal.Gateway.Proxy.Http2;

namespace StoryPortal.Tests.Gateway.Http2;

/// <summary>Headers of answers, as hubs and what may stand before them send them.</summary>
public sealed class HeaderReaderTests
{
    // Examples of RFC 7541, appendix C.4 and C.6.
    [Theory]
    [InlineData("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com")]
    [InlineData("25a849e95bb8e8b4bf", "custom-value")]
    [InlineData("6402", "302")]
    [InlineData("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT")]
    [InlineData("94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")]
    public void Packed_text_is_unpacked(string packed, string text)
    {
        var bytes = Convert.FromHexString(packed);
        var headers = new HeaderDictionary();
        Assert.Equal(200, HeaderReader.Read([0x88, 0x00, .. Text("x"), (byte)(0x80 | bytes.Length), .. bytes], headers));
        Assert.Equal(text, headers["x"]);
    }

    [Fact]
    public void Names_and_statuses_come_by_number_or_in_letters()
    {
        IHeaderDictionary headers = new HeaderDictionary();
        byte[] block =
        [
            0x20, // the table has no size
            0x08, .. Text("418"), // :status, by number, with its value in letters
            0x0F, 31 - 15, .. Text("application/json"), // content-type
            0x40, .. Text("x-cache"), .. Text("HIT"), // to be remembered: it is not
            0x10, .. Text("etag"), .. Text("\"1\""), // never to be remembered
            0x00, .. Text("link"), .. Text("<a>"),
            0x00, .. Text("link"), .. Text("<b>"),
        ];
        Assert.Equal(418, HeaderReader.Read(block, headers));
        Assert.Equal("application/json", headers.ContentType);
        Assert.Equal("HIT", headers["X-Cache"]);
        Assert.Equal("\"1\"", headers.ETag);
        Assert.Equal("<a>,<b>", headers.Link.ToString());
    }

    [Fact]
    public void What_belongs_to_the_connection_stays_there()
    {
        var headers = new HeaderDictionary();
        Assert.Equal(200, HeaderReader.Read([0x88, 0x00, .. Text("connection"), .. Text("close"), 0x00, .. Text("transfer-encoding"), .. Text("chunked")], headers));
        Assert.Empty(headers);
    }

    [Fact]
    public void Texts_that_look_alike_are_told_apart()
    {
        var headers = new HeaderDictionary();
        foreach (var text in (string[])["abc", "acc", "abc", "xyz", "xzz"])
        {
            headers.Clear();
            HeaderReader.Read([0x88, 0x00, .. Text("x"), .. Text(text)], headers);
            Assert.Equal(text, headers["x"]);
        }
    }

    [Theory]
    [InlineData("")] // no status
    [InlineData("88 82")] // a request's header
    [InlineData("88 be")] // the first entry of a table that nobody keeps
    [InlineData("88 80")] // number 0
    [InlineData("88 3f e1 1f")] // a table of 4,096 bytes
    [InlineData("88 00 01 78 05 61")] // a text that is longer than its block
    [InlineData("88 00 01 78")] // a name without a value
    [InlineData("88 00 01 78 7f ff ff ff ff ff ff")] // a length that does not end
    [InlineData("88 00 01 78 03 61 0d 0a")] // two lines
    [InlineData("88 00 01 78 84 ff ff ff ff")] // the end of all text in the middle of one
    [InlineData("88 00 01 78 81 00")] // padded with zeros
    [InlineData("88 00 02 c3 a4 01 61")] // a name that is not ASCII
    [InlineData("08 03 61 62 63")] // a status in letters
    public void What_is_no_block_of_headers_is_refused(string block) =>
        Assert.Throws<InvalidDataException>(() => HeaderReader.Read(Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal)), new HeaderDictionary()));

    private static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
