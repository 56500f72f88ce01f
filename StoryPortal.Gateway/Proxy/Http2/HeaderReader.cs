using System.Buffers;
using System.Text;

namespace StoryPortal.Gateway.Proxy.Http2;

/// <summary>
/// Reads the headers of an answer straight into the caller's. The gateway's side of a connection keeps no table (it says so in its settings), so each
/// block of headers stands for itself, and whoever waits for the answer reads it on his own thread.
/// </summary>
internal static class HeaderReader
{
    private const int IndexedBits = 7;
    private const int IncrementalBits = 6;
    private const int UpdateBits = 5;
    private const int LiteralBits = 4;
    private const byte Packed = 0x80;

    // What the hubs say again and again is the same text, not a new one each time.
    private static readonly Seen[] s_seen = new Seen[256];

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_unpacked;

    /// <summary>Reads the block. Headers of the connection itself are left out, as a proxy must.</summary>
    /// <returns>The status.</returns>
    /// <exception cref="InvalidDataException">It is no block of headers, or none that the gateway has asked for.</exception>
    public static int Read(ReadOnlySpan<byte> block, IHeaderDictionary headers)
    {
        var status = 0;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                var (name, value) = StaticTable.Entry(Number(ref block, IndexedBits));
                Take(name, value, headers, ref status);
            }
            else if ((first & 0xE0) == 0x20)
            {
                if (Number(ref block, UpdateBits) != 0)
                {
                    throw new InvalidDataException("The hub keeps a table of headers that the gateway has not allowed.");
                }
            }
            else
            {
                // Whether it should be remembered does not matter: nothing is.
                var number = Number(ref block, (first & 0x40) != 0 ? IncrementalBits : LiteralBits);
                var name = number == 0 ? HeaderNames.Of(Text(ref block)) : StaticTable.Entry(number).Name;
                Take(name, Value(Text(ref block)), headers, ref status);
            }
        }

        return status is >= 100 and <= 999 ? status : throw new InvalidDataException("An answer has no status.");
    }

    /// <summary>Whether a block begins an answer, with its status; any other are trailers.</summary>
    public static bool BeginsAnswer(ReadOnlySpan<byte> block) => !block.IsEmpty && block[0] switch
    {
        >= 0x80 + StaticTable.Status and < 0x80 + StaticTable.Status + 7 => true, // a status that has a number
        StaticTable.Status or 0x10 + StaticTable.Status or 0x40 + StaticTable.Status => true, // one in letters
        _ => (block[0] & 0xE0) == 0x20, // first of all the size of the table
    };

    private static void Take(string name, string value, IHeaderDictionary headers, ref int status)
    {
        if (name[0] == ':')
        {
            status = name == ":status" && int.TryParse(value, out var code) ? code : throw new InvalidDataException($"An answer says {name}: {value}.");
        }
        else if (status >= StatusCodes.Status200OK && HeaderNames.IsPassedOn(name)) // those of an answer in between are not the answer's
        {
            headers.Append(name, value);
        }
    }

    private static int Number(ref ReadOnlySpan<byte> block, int bits)
    {
        var most = (1 << bits) - 1;
        var number = block[0] & most;
        block = block[1..];
        if (number < most)
        {
            return number;
        }

        for (var shift = 0; !block.IsEmpty && shift <= 21; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            number += (next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return number;
            }
        }

        throw new InvalidDataException("A number in a block of headers does not end.");
    }

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw new InvalidDataException("A block of headers ends within a header.");
        }

        var isPacked = (block[0] & Packed) != 0;
        var length = Number(ref block, IndexedBits);
        if (length > block.Length)
        {
            throw new InvalidDataException("A block of headers ends within a text.");
        }

        var text = block[..length];
        block = block[length..];
        if (!isPacked)
        {
            return text;
        }

        var unpacked = t_unpacked ??= new ArrayBufferWriter<byte>(256);
        unpacked.ResetWrittenCount();
        Huffman.Decode(text, unpacked);
        return unpacked.WrittenSpan;
    }

    private static string Value(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return "";
        }

        ref var seen = ref s_seen[(text[0] + (31 * text[^1]) + (7 * text.Length)) & 0xFF];
        var known = seen.Text;
        if (known is not null && Ascii.Equals(text, known))
        {
            return known;
        }

        if (text.ContainsAny((byte)'\r', (byte)'\n', (byte)0))
        {
            throw new InvalidDataException("A header's text is more than a line.");
        }

        var value = Encoding.Latin1.GetString(text);
        seen.Text = value;
        return value;
    }

    private struct Seen
    {
        public string? Text;
    }
}
