using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Database;

/// <summary>
/// Rows in COPY's binary format (PostgreSQL manual, COPY, "Binary Format"), gathered in one pooled buffer and sent in large pieces: writing a field
/// costs no more than its bytes.
/// </summary>
internal sealed class CopyBuffer : IDisposable
{
    private const int FirstSize = 128 * 1024;
    private const int PieceSize = 64 * 1024;
    private const byte JsonbVersion = 1;
    private const byte InetV4 = 2;
    private const byte InetV6 = 3;

    // Postgres counts microseconds from here.
    private static readonly long Epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    // The signature, no flags, no extension.
    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _length;

    public CopyBuffer() => Header.CopyTo(Take(Header.Length));

    /// <summary>Begins a row.</summary>
    public void StartRow(short columns) => BinaryPrimitives.WriteInt16BigEndian(Take(sizeof(short)), columns);

    public void Write(Guid? value)
    {
        if (value is { } guid)
        {
            guid.TryWriteBytes(Field(16), bigEndian: true, out _);
        }
        else
        {
            WriteNull();
        }
    }

    public void Write(string? value)
    {
        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, Field(Encoding.UTF8.GetByteCount(value)));
        }
        else
        {
            WriteNull();
        }
    }

    public void Write(DateTimeOffset value) =>
        BinaryPrimitives.WriteInt64BigEndian(Field(sizeof(long)), (value.UtcTicks - Epoch) / TimeSpan.TicksPerMicrosecond);

    public void Write(int value) => BinaryPrimitives.WriteInt32BigEndian(Field(sizeof(int)), value);

    public void Write(long? value)
    {
        if (value is { } number)
        {
            BinaryPrimitives.WriteInt64BigEndian(Field(sizeof(long)), number);
        }
        else
        {
            WriteNull();
        }
    }

    public void Write(double value) => BinaryPrimitives.WriteDoubleBigEndian(Field(sizeof(double)), value);

    public void Write(RawJson value)
    {
        var utf8 = value.Utf8.Span;
        var field = Field(1 + utf8.Length);
        field[0] = JsonbVersion;
        utf8.CopyTo(field[1..]);
    }

    /// <summary>An <c>inet</c>: family, prefix length, whether it is a <c>cidr</c>, length, address (network.c of PostgreSQL, inet_send).</summary>
    public void Write(IPAddress? value)
    {
        if (value is null)
        {
            WriteNull();
            return;
        }

        var isV6 = value.AddressFamily == AddressFamily.InterNetworkV6;
        var length = isV6 ? 16 : 4;
        var field = Field(4 + length);
        field[0] = isV6 ? InetV6 : InetV4;
        field[1] = (byte)(length * 8);
        field[2] = 0;
        field[3] = (byte)length;
        value.TryWriteBytes(field[4..], out _);
    }

    public void WriteNull() => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), -1);

    /// <summary>Sends what is there, once it is worth it.</summary>
    public ValueTask SendAsync(Stream copy, CancellationToken cancellationToken) =>
        _length < PieceSize ? ValueTask.CompletedTask : SendAllAsync(copy, cancellationToken);

    /// <summary>Sends the rest, and that it was the last.</summary>
    public ValueTask SendEndAsync(Stream copy, CancellationToken cancellationToken)
    {
        StartRow(-1);
        return SendAllAsync(copy, cancellationToken);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private async ValueTask SendAllAsync(Stream copy, CancellationToken cancellationToken)
    {
        await copy.WriteAsync(_bytes.AsMemory(0, _length), cancellationToken);
        _length = 0;
    }

    private Span<byte> Field(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), length);
        return Take(length);
    }

    private Span<byte> Take(int length)
    {
        if (_bytes.Length - _length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + length));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        var taken = _bytes.AsSpan(_length, length);
        _length += length;
        return taken;
    }
}
