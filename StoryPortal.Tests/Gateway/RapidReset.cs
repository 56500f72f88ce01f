namespace StoryPortal.Tests.Gateway;

/// <summary>Requests over HTTP/2 that are reset in the moment in which they are sent.</summary>
internal static class RapidReset
{
    /// <summary>Opens and resets requests for <paramref name="path"/>, until all are sent or the gateway closes the connection.</summary>
    public static async Task SendAsync(GatewayProcess gateway, string path, int streams, CancellationToken cancellationToken)
    {
        await using var connection = await Http2Connection.ConnectAsync(gateway.SecurePort, cancellationToken);
        for (var stream = 1; stream < 2 * streams; stream += 2)
        {
            connection.WriteRequest(stream, "GET", path, endsStream: true, ("x-api-key", GatewayProcess.AdminKey));
            connection.WriteReset(stream);
        }

        try
        {
            await connection.SendAsync(cancellationToken);
            await connection.ReadAsync(cancellationToken); // it has begun to read, or closed
        }
        catch (IOException) // the gateway has closed the connection
        {
        }
    }
}
